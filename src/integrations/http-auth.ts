/** How an HTTP integration says who it is. Secrets are named here, and read when a request is made. */

type ReadSecret = (name: string) => Promise<string>

export interface HttpAuth {
  readonly secrets: readonly string[]
  /** What it adds to a request, so that no model's argument can stand there. */
  readonly owns: { readonly in: 'header' | 'query'; readonly name: string }
  readonly value: (secret: ReadSecret) => Promise<string>
}

/** `Authorization: Bearer …` */
export function bearer({ secret }: { readonly secret: string }): HttpAuth {
  return {
    secrets: [secret],
    owns: { in: 'header', name: 'authorization' },
    value: async (read) => `Bearer ${await read(secret)}`,
  }
}

/** `Authorization: Basic …`; the user's name is no secret. */
export function basic({ user, secret }: { readonly user: string; readonly secret: string }): HttpAuth {
  return {
    secrets: [secret],
    owns: { in: 'header', name: 'authorization' },
    value: async (read) => `Basic ${Buffer.from(`${user}:${await read(secret)}`).toString('base64')}`,
  }
}

/** The secret as it is, in a header or a query parameter. A header is the better place: URLs end up in logs. */
export function apiKey(
  place: ({ readonly header: string } | { readonly query: string }) & { readonly secret: string },
): HttpAuth {
  const owns =
    'header' in place ? ({ in: 'header', name: place.header } as const) : ({ in: 'query', name: place.query } as const)
  return { secrets: [place.secret], owns, value: (read) => read(place.secret) }
}
