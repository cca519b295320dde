// biome-ignore-all lint/style/noDefaultExport: the package exports that way
declare module 'asl-validator' {
  export default function validate(definition: unknown): {
    readonly isValid: boolean
    readonly errors: readonly unknown[]
  }
}
