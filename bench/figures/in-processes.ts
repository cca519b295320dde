/** Work in several processes at the same moment: each says when it is ready, and all begin at once. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** @param file Begins when it is told `go`, and sends its answer. @throws where one dies without an answer. */
export async function inProcesses<Answer>(file: URL, inputs: readonly object[]): Promise<Answer[]> {
  const children = inputs.map((input) => {
    const child = fork(file, [JSON.stringify(input)], { execArgv: ['--conditions=baton-source'] })
    return { child, ready: message(child) }
  })
  await Promise.all(children.map(({ ready }) => ready))
  const answers = children.map(({ child }) => message(child))
  for (const { child } of children) child.send('go')
  return (await Promise.all(answers)) as Answer[]
}

/** For the other side: the input, once all are ready. */
export async function begun<Input>(): Promise<Input> {
  const go = once(process, 'message')
  process.send?.('ready')
  await go
  return JSON.parse(process.argv[2] ?? 'null') as Input
}

export function answer(value: unknown): void {
  process.send?.(value as object, () => process.disconnect())
}

async function message(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`a process ended early: ${signal ?? code}`)
  })
  return Promise.race([once(child, 'message').then(([said]) => said), ended])
}
