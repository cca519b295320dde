/** Reads the statements that a resource of a template grants by, with its references as text. Judges none. */

export interface ReadStatement {
  readonly effect: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly condition: Readonly<Record<string, unknown>>
  /** Of a trust or resource policy. */
  readonly principal?: unknown
}

type Template = { readonly [key: string]: unknown }

/** @param resource One resource of a template, or a template's fragment that holds resources. */
export function statementsIn(resource: unknown): readonly ReadStatement[] {
  const found: ReadStatement[] = []
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return
    const statements = (part as Template)['Statement']
    if (Array.isArray(statements)) found.push(...statements.map(read))
    else for (const value of Object.values(part)) visit(value)
  }
  visit(resource)
  return found
}

function read(statement: Template): ReadStatement {
  return {
    effect: String(statement['Effect']),
    actions: list(statement['Action']),
    resources: list(statement['Resource']),
    condition: (statement['Condition'] ?? {}) as ReadStatement['condition'],
    ...(statement['Principal'] === undefined ? {} : { principal: statement['Principal'] }),
  }
}

function list(value: unknown): readonly string[] {
  if (value === undefined) return []
  return (Array.isArray(value) ? value : [value]).map(asText)
}

/** A reference as `<Name>` or `<Name.Attribute>`, as cdk-nag writes it. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value.replace(/\$\{([^}]+)\}/g, '<$1>')
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Template
  if (typeof Ref === 'string') return `<${Ref}>`
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`
  if (Array.isArray(join)) return (join[1] as readonly unknown[]).map(asText).join(String(join[0]))
  return JSON.stringify(value)
}
