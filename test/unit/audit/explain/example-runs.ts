/** Runs of the example teams, each with effects, as tests of explanations want them. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseModel } from 'baton/host'
import { readScript, runInMemory, scriptedModel } from 'baton/testing'
import { onTestFinished } from 'vitest'
import service from '../../../../examples/customer-service/team.ts'
import pipeline from '../../../../examples/data-pipeline/team.ts'
import research from '../../../../examples/research/team.ts'
import delivery from '../../../../examples/software-delivery/team.ts'

const EXAMPLES = join(import.meta.dirname, '../../../../examples')
const offline = async () => (await chooseModel('offline')).model

export const teams = { service, pipeline, research, delivery }

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'baton-explain-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A refund above the limit, which a person allows or denies. */
export async function serviceRun(says: 'approve' | 'deny') {
  return runInMemory(service, {
    model: await offline(),
    input: { ticket: 'T-1002' },
    settings: { desk: join(scratch(), 'desk.db') },
    people: () => ({ decision: says, comment: 'as I see it' }),
  })
}

export async function pipelineRun() {
  const folder = scratch()
  cpSync(join(EXAMPLES, 'data-pipeline/data'), join(folder, 'data'), { recursive: true })
  return runInMemory(pipeline, {
    model: await offline(),
    input: { batch: '2026-03-02' },
    settings: { batches: join(folder, 'data'), warehouse: join(folder, 'made', 'orders.db') },
    people: () => ({ decision: 'approve', answer: { release: ['BE-10169'] } }),
  })
}

export async function deliveryRun() {
  const project = scratch()
  cpSync(join(EXAMPLES, 'software-delivery/project'), project, { recursive: true })
  return runInMemory(delivery, {
    model: scriptedModel(readScript(join(EXAMPLES, 'software-delivery/script.json'))),
    input: { task: 'Let formatDuration show at most so many parts.' },
    settings: { project },
    people: () => ({ decision: 'approve' }),
  })
}

export async function researchRun() {
  const documents = scratch()
  writeFileSync(join(documents, 'queues.md'), '# Queues\n\n## Retention\n\nA queue keeps its messages for four days.\n')
  writeFileSync(
    join(documents, 'tables.md'),
    '# Tables\n\n## Encryption\n\nTo encrypt a table with a key of your own, set its `encryptionKey` property.\n',
  )
  return runInMemory(research, {
    model: await offline(),
    input: { question: 'How long does a queue keep messages, and how do I encrypt a table with my own key?' },
    settings: { documents },
  })
}
