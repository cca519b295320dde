/** What a field is probably for, by its name. The one place that knows such names; all else asks for a role. */

export type FieldRole =
  | 'quote'
  | 'file'
  | 'startLine'
  | 'endLine'
  | 'claim'
  | 'question'
  | 'topic'
  | 'title'
  | 'summary'
  | 'reason'
  | 'gap'
  | 'keyword'
  | 'query'
  | 'reference'
  | 'ordinal'
  | 'score'
  | 'verdict'
  | 'count'
  | 'member'
  | 'tools'
  | 'effort'
  | 'boundaries'
  | 'form'
  | 'done'
  | 'other'

const ROLES: readonly (readonly [FieldRole, RegExp])[] = [
  ['member', /^(agent|assignee|delegate|worker|member)$/],
  ['tools', /^tools$/],
  ['effort', /^(effort|complexity)$/],
  ['boundaries', /boundar|^(scope|limits)$/],
  ['form', /^(output)?form(at)?$/],
  ['done', /^(is)?(done|finished|complete)$/],
  ['quote', /^(quote|quotation|excerpt|verbatim|snippet|extract|passage|evidence|sourcetext|quotedtext)s?$/],
  ['startLine', /^(start|first|from|begin)line$|^line(start|from|number|no)?$/],
  ['endLine', /^(end|last|to)line$|^line(end|to)$/],
  ['file', /^(file|path|filename|filepath|source|sourcefile|document|uri|url|location|link|href)$/],
  [
    'verdict',
    /verdict|^(supported|valid|correct|true|accepted|approved|ok|passed|verified|holds|grounded|relevant|answered|sufficient|isvalid|issupported|decision|status|outcome|judg(e)?ment|assessment|rating)$/,
  ],
  ['score', /score|confidence|probability|likelihood|certainty|relevance|weight|quality/],
  ['reason', /reason|rationale|explanation|justification|why|comment|remark|note|feedback|critique/],
  ['gap', /gap|missing|unanswered|limitation|openquestion|notfound|unknown|caveat/],
  ['reference', /^(citation|reference|ref|source|mark|footnote|cite)(s|id|ids|number|numbers|no)?$/],
  ['ordinal', /^(n|no|nr|number|index|id|rank|position|order|mark|key)$/],
  ['query', /quer(y|ies)|^search(es|terms?)?$/],
  ['keyword', /keyword|tag|keyphrase|term|label|categor/],
  ['question', /question|^(ask|objective)$/],
  ['topic', /topic|theme|subject|aspect|area|heading|header|task|step/],
  ['title', /title|^name$|headline/],
  [
    'summary',
    /summary|abstract|overview|conclusion|report|answer|body|content|message|description|analysis|synthesis|response|reply|result|introduction|recommendation|draft|article/,
  ],
  ['claim', /claim|statement|finding|fact|point|text|sentence|detail|insight|observation|bullet|value|output/],
  ['count', /count|total|amount/],
]

export function roleOf(name: string, description = ''): FieldRole {
  const plain = flat(name)
  const byName = ROLES.find(([, pattern]) => pattern.test(plain))
  if (byName) return byName[0]
  if (/verbatim|word for word|exact words/i.test(description)) return 'quote'
  if (/search|keywords/i.test(description)) return 'query'
  return 'other'
}

/** Roles of texts that may stand in for each other, nearest first. */
export function substitutesOf(role: FieldRole): readonly FieldRole[] {
  if (role === 'topic' || role === 'title') return ['topic', 'title', 'question']
  if (role === 'question') return ['question', 'topic', 'title']
  if (role === 'claim') return ['claim', 'summary', 'quote']
  if (role === 'summary') return ['summary', 'claim']
  if (role === 'gap') return ['gap', 'reason']
  return [role]
}

/** A name without case and separators, so that `start_line` and `startLine` are the same. */
export function flat(name: string): string {
  return name.toLowerCase().replace(/[\s_.-]/g, '')
}
