/**
 * Runs one function's handler, one invocation at a time, as Lambda's Node runtime does: reads a request a line from the
 * socket it was given, writes an answer a line. Ends where the socket ends: its parent is gone.
 *
 * Not responsible for time limits, memory or logs' way to CloudWatch: the parent sees to these. Knows no response streams.
 */
import { existsSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { format, types } from 'node:util'

const env = process.env
const channel = new Socket({ fd: Number(process.argv[2]), readable: true, writable: true })
let requestId = ''

wordConsole()
process.on('uncaughtException', (error) => dieOf(error, 129))
process.on('unhandledRejection', (reason) =>
  dieOf(
    Object.assign(new Error(String(reason?.message ?? reason)), { name: 'Runtime.UnhandledPromiseRejection' }),
    128,
  ),
)
channel.on('close', () => process.exit(0))
channel.on('error', () => process.exit(0))

try {
  const handler = await load(env.LAMBDA_TASK_ROOT, env._HANDLER)
  listen(handler)
  answer('null')
  // Written now and not at the end: processes are killed, not ended.
  setImmediate(flushCompileCache)
} catch (error) {
  console.error(error)
  answer(describe(error), true)
}

async function load(root, name) {
  const [, folder, file, path] = /^(.*\/)?([^./]+)\.(.+)$/.exec(name ?? '') ?? []
  if (!file) throw named('Runtime.MalformedHandlerName', `Bad handler: ${name}`)
  const base = join(root, folder ?? '', file)
  const found = ['.js', '.mjs', '.cjs'].map((extension) => base + extension).find((candidate) => existsSync(candidate))
  if (!found) throw named('Runtime.ImportModuleError', `Cannot find module '${file}' in ${root}`)
  const module = await import(pathToFileURL(found).href)
  // What a CommonJS module exports is not always seen by name.
  const handler = follow(module, path) ?? follow(module.default, path)
  if (handler === undefined) throw named('Runtime.HandlerNotFound', `${name} is undefined or not exported`)
  if (typeof handler !== 'function') throw named('Runtime.HandlerNotFound', `${name} is not a function`)
  return handler
}

function follow(module, path) {
  return path.split('.').reduce((value, key) => value?.[key], module)
}

function listen(handler) {
  let text = ''
  channel.setEncoding('utf8')
  channel.on('data', (chunk) => {
    text += chunk
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end)
      text = text.slice(end + 1)
      void run(handler, JSON.parse(line))
    }
  })
}

async function run(handler, request) {
  requestId = request.requestId
  env._X_AMZN_TRACE_ID = request.traceId
  try {
    const result = await handler(JSON.parse(request.event), contextOf(request))
    answer(JSON.stringify(result) ?? 'null')
  } catch (error) {
    console.error('Invoke Error', error)
    answer(describe(error), true)
  }
}

function contextOf(request) {
  const deadline = Date.now() + request.timeoutMs
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: request.requestId,
    invokedFunctionArn: request.functionArn,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  }
}

function answer(payload, isError = false, afterwards = undefined) {
  channel.write(`${JSON.stringify({ payload, isError })}\n`, afterwards)
}

/** As Lambda's runtime words it: Step Functions' Retry and Catch match on errorType. */
function describe(error) {
  const isError = types.isNativeError(error) || error instanceof Error
  return JSON.stringify({
    errorType: isError ? String(error.name) : typeof error,
    errorMessage: isError ? String(error.message) : String(error),
    trace: isError ? String(error.stack).split('\n') : [],
  })
}

function dieOf(error, code) {
  console.error('Uncaught Exception', error)
  answer(describe(error), true, () => process.exit(code))
}

function named(name, message) {
  return Object.assign(new Error(message), { name })
}

/** Lambda's runtime puts time, request and level before what console says. */
function wordConsole() {
  const json = env.AWS_LAMBDA_LOG_FORMAT === 'JSON'
  const levels = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' }
  for (const [method, level] of Object.entries(levels)) {
    console[method] = (...parts) => {
      const timestamp = new Date().toISOString()
      const message = format(...parts)
      process.stdout.write(
        json
          ? `${JSON.stringify({ timestamp, level, requestId, message })}\n`
          : `${timestamp}\t${requestId}\t${level}\t${message.replaceAll('\n', '\r')}\n`,
      )
    }
  }
}
