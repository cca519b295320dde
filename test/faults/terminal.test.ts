/** Texts that would take over the terminal, in an output, in a tool's refusal, and in the error of a model's server. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { baton, type Ended, jsonLines, scratch, WORK_TEAM } from '../cli/baton.ts'
import { workScript } from '../cli/scripts.ts'

/** OSC 52 writes to the clipboard, CSI clears the screen; then both by their one-character forms, DEL, a turned line. */
const HOSTILE = 'quote\u001B]52;c;cm0gLXJm\u0007\u001B[2J\u009D0;title\u009C\u009B31m\u007F\u202Eend'
const HARMLESS = 'quote]52;c;cm0gLXJm[2J0;title31mend'

function expectPrintable({ stdout, stderr }: Ended): void {
  expect([stdout, stderr].join('').match(/[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu)).toBeNull()
}

describe('a terminal', () => {
  it('does not obey the words of a model, live or later, as text or as JSON', async () => {
    const folder = scratch()
    const report = { title: HOSTILE, lines: [HOSTILE] }
    const wrong = {
      toolUses: [
        { name: 'note', input: { line: 3, [HOSTILE]: 1 } },
        { name: HOSTILE, input: {} },
      ],
    }
    const agents = { writer: [wrong, { submit: report }] }
    const words = ['--data', join(folder, 'data')]
    const ended = await baton(['run', '--team', WORK_TEAM, ...words, '--model', workScript(folder, { agents }), 'q'])
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout).toContain(`# ${HARMLESS}\n- ${HARMLESS}\n`)
    expectPrintable(ended)
    for (const verb of ['show', 'events', 'runs']) {
      const word = verb === 'runs' ? [] : ['latest']
      expectPrintable(await baton([verb, ...word, ...words]))
      const json = await baton([verb, ...word, ...words, '--json'])
      expectPrintable(json)
      if (verb === 'show') expect(jsonLines(json.stdout)).toMatchObject([{ output: report }])
    }
  })

  it('does not obey the error of a model server', async () => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(400).end(JSON.stringify({ error: { message: HOSTILE } })))
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    onTestFinished(() => void server.close())
    const model = `openai:http://127.0.0.1:${(server.address() as AddressInfo).port}/v1#tiny`
    const words = ['--team', WORK_TEAM, '--model', model, '--data', join(scratch(), 'data')]
    const ended = await baton(['run', ...words, 'q'])
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('quote') })
    expectPrintable(ended)
    const doctor = await baton(['doctor', ...words])
    expect(doctor).toMatchObject({ code: 1, stdout: expect.stringContaining('quote') })
    expectPrintable(doctor)
  })
})
