import { createServer } from 'node:net'

/** A port of the loopback address that nobody holds; `wished` if that is one. */
export async function freePort(wished = 0): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.on('error', () => resolve(0))
    server.listen(wished, '127.0.0.1', () => {
      const address = server.address()
      resolve(address !== null && typeof address === 'object' ? address.port : 0)
    })
  })
  await new Promise((resolve) => server.close(resolve))
  if (port === 0 && wished !== 0) return freePort()
  if (port === 0) throw new TypeError('the loopback address has no free port')
  return port
}
