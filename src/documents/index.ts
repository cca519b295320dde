/** What users import of this room. */
export { Corpus, type DocumentHit, openCorpus, summarizeSkipped } from './corpus.ts'
export { DocumentSettings, readDocument, searchDocuments } from './document-tools.ts'
export { quotesExist } from './quotes-exist.ts'
export { type DocumentLimits, defaultDocumentLimits, type SkippedDocument, type SkipReason } from './walk.ts'
