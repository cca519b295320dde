/** What users import from `baton/documents`: a folder of text documents as tools, and the check of quotes. */
export { plainText } from '../text/blocks.ts'
export { Corpus, type DocumentHit, openCorpus, summarizeSkipped } from './corpus.ts'
export { DocumentSettings, readDocument, searchDocuments } from './document-tools.ts'
export { documentsReadable } from './documents-readable.ts'
export { marksOnly } from './marks-only.ts'
export { quotesExist } from './quotes-exist.ts'
export { type DocumentLimits, defaultDocumentLimits, type SkippedDocument, type SkipReason } from './walk.ts'
