/** Vectors as they are stored, and their cosine. Pure. */

/** Kept as 8-bit integers: a quarter of the bytes. Cosine needs no scale, so none is kept. */
export type StoredVector = Int8Array

const LARGEST = 127

/** Scaled so that the largest component is 127. */
export function quantised(vector: Float32Array): StoredVector {
  let most = 0
  for (const component of vector) most = Math.max(most, Math.abs(component))
  const scale = most > 0 && Number.isFinite(most) ? LARGEST / most : 0
  return Int8Array.from(vector, (component) => Math.round(component * scale) || 0)
}

export function toBase64(vector: StoredVector): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
}

export function fromBase64(text: string): StoredVector {
  return new Int8Array(Buffer.from(text, 'base64'))
}

export function lengthOf(vector: ArrayLike<number>): number {
  let sum = 0
  for (let index = 0; index < vector.length; index += 1) sum += (vector[index] as number) ** 2
  return Math.sqrt(sum)
}

/** From -1 to 1; 0 where either has no length. Both have the same number of components. */
export function cosine(one: ArrayLike<number>, other: ArrayLike<number>, lengths: number): number {
  if (!(lengths > 0)) return 0
  let sum = 0
  for (let index = 0; index < one.length; index += 1) sum += (one[index] as number) * (other[index] as number)
  return sum / lengths
}
