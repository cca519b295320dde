/**
 * The output check "there are documents": an agent that searched a folder which is missing or empty must not go on as if
 * nothing had been found. For the first agent of a workflow that works from documents.
 */
import type { OutputCheck } from '../define/agent.ts'
import { openCorpus } from './corpus.ts'
import { DocumentSettings } from './document-tools.ts'

export const documentsReadable: OutputCheck = {
  name: 'documents_readable',
  description: 'The folder of documents exists and holds text documents.',
  run: async (_output, { settings }) => {
    // Thrown rather than rejected: no model can repair it.
    await openCorpus(DocumentSettings.parse(settings).documents)
    return { verdict: 'accept' }
  },
}
