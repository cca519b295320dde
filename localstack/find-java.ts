/** A Java that really runs and is new enough for DynamoDB Local, with the library that Python loads into itself. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runProgram } from './run-program.ts'

export interface Java {
  readonly home: string
  readonly version: number
}

export type FoundJava = { readonly java: Java } | { readonly seen: readonly string[] }

/** DynamoDB Local 2.6 is compiled for 17. */
export const OLDEST_JAVA = 17
const PATIENCE_MS = 15_000

export async function findJava(places: { readonly path: string; readonly javaHome?: string }): Promise<FoundJava> {
  const seen: string[] = []
  const folders = places.path.split(delimiter).filter(Boolean)
  const homes = places.javaHome === undefined ? [] : [join(places.javaHome, 'bin')]
  for (const executable of new Set([...homes, ...folders].map((folder) => join(folder, 'java')))) {
    if (!existsSync(executable)) continue
    const told = await runProgram(executable, ['-XshowSettings:properties', '-version'], { timeoutMs: PATIENCE_MS })
    const home = property(told.output, 'java.home')
    const version = Number(property(told.output, 'java.specification.version'))
    if (told.code !== 0 || home === undefined || Number.isNaN(version)) seen.push(`${executable} does not run`)
    else if (version < OLDEST_JAVA) seen.push(`${executable} is ${version}`)
    else if (!LIBRARIES.some((library) => existsSync(join(home, library)))) seen.push(`${home} has no libjvm`)
    else return { java: { home, version } }
  }
  return { seen }
}

const LIBRARIES = ['lib/server/libjvm.so', 'lib/server/libjvm.dylib', 'lib/libjli.dylib']

function property(output: string, name: string): string | undefined {
  const line = output.split('\n').find((text) => text.trim().startsWith(`${name} = `))
  return line?.slice(line.indexOf('=') + 1).trim()
}
