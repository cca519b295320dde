/** The port of what makes a vector of a text. */

export interface Embedder {
  /** With the model's version: vectors are compared only where it is the same. */
  readonly id: string
  readonly dimensions: number
  /**
   * One vector a text, in their order.
   * @throws EmbedderMissing where what it needs is not installed.
   */
  embed(texts: readonly string[]): Promise<Float32Array[]>
}
