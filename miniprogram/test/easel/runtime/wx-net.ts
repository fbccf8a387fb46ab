/** wx's network: real requests and sockets, to the stand that passes them on to the hub. */
import { fileOf, keep, toStand } from './files'
import { mocks, record, wrong } from './log'

/** As many as WeChat allows at once. */
const mostSockets = 5
const mostRequests = 10
let sockets = 0
let requests = 0

/** Counts a request while it runs; WeChat would queue the eleventh, which nobody means to do. */
async function counted<T>(act: () => Promise<T>): Promise<T> {
  if (++requests > mostRequests) wrong('wx', new Error(`${requests} requests at once, WeChat allows ${mostRequests}`))
  try {
    return await act()
  } finally {
    requests--
  }
}

type Header = Record<string, string>

interface Request {
  url: string
  method?: string
  data?: unknown
  header?: Header
  timeout?: number
  dataType?: string
  responseType?: string
  signal?: AbortSignal
}

// AbortSignal.any is younger than the compiler's own library.
const anyOf = (AbortSignal as unknown as { any(signals: AbortSignal[]): AbortSignal }).any.bind(AbortSignal)

const headersOf = (answer: Response): Header => Object.fromEntries(answer.headers.entries())

async function ask(o: Request): Promise<object> {
  const method = (o.method ?? 'GET').toUpperCase()
  const text = o.data === undefined ? undefined : typeof o.data === 'string' ? o.data : JSON.stringify(o.data)
  const bodied = method !== 'GET' && method !== 'HEAD' && text !== undefined
  const header: Header = bodied ? { 'Content-Type': 'application/json', ...o.header } : { ...o.header }
  const limit = AbortSignal.timeout(o.timeout ?? 60_000)
  const signal = o.signal ? anyOf([limit, o.signal]) : limit
  const answer = await fetch(toStand(o.url), { method, headers: header, body: bodied ? text : undefined, signal })
  const data = o.responseType === 'arraybuffer' ? await answer.arrayBuffer() : parse(await answer.text(), o.dataType)
  return { data, statusCode: answer.status, header: headersOf(answer), cookies: [] }
}

function parse(text: string, type = 'json'): unknown {
  if (type !== 'json') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

interface Upload {
  url: string
  filePath: string
  name: string
  header?: Header
  formData?: Record<string, string>
}

async function send(o: Upload): Promise<object> {
  const file = fileOf(o.filePath)
  if (!file) throw new Error(`file not found: ${o.filePath}`)
  const form = new FormData()
  for (const [k, v] of Object.entries(o.formData ?? {})) form.append(k, v)
  form.append(o.name, file, o.filePath.split('/').pop())
  const answer = await fetch(toStand(o.url), { method: 'POST', headers: o.header, body: form })
  return { data: await answer.text(), statusCode: answer.status, header: headersOf(answer) }
}

async function fetchFile(o: { url: string; header?: Header }): Promise<object> {
  const answer = await fetch(toStand(o.url), { headers: o.header })
  const blob = await answer.blob()
  const ending = blob.type.split('/')[1]?.split(';')[0]?.replace('mpeg', 'mp3') ?? 'bin'
  return { tempFilePath: keep(blob, ending), statusCode: answer.status, header: headersOf(answer) }
}

type Callbacks = { success?: (r: object) => void; fail?: (r: object) => void; complete?: (r: object) => void }

/** An API that gives a task at once and its result later. */
function task<O extends object>(name: string, doing: (o: O & { signal: AbortSignal }) => Promise<object>) {
  return (options: O & Callbacks) => {
    const { success, fail, complete, ...rest } = options
    record(name, rest)
    const stop = new AbortController()
    const mock = mocks[name] as { errMsg?: string } | undefined
    const work = mock ? Promise.resolve(mock) : counted(() => doing({ ...(rest as unknown as O), signal: stop.signal }))
    const done = work.then((r) => {
      const result = { errMsg: `${name}:ok`, ...r }
      if (result.errMsg.includes(':fail')) throw result
      return result
    })
    done.then(
      (r) => { success?.(r); complete?.(r) },
      (e: unknown) => {
        const result = e !== null && typeof e === 'object' && 'errMsg' in e ? e : { errMsg: `${name}:fail ${String(e)}` }
        fail?.(result)
        complete?.(result)
      },
    ).catch((e: unknown) => wrong(`callback of wx.${name}`, e))
    return { abort: () => stop.abort(), onProgressUpdate() {}, offProgressUpdate() {}, onHeadersReceived() {}, offHeadersReceived() {}, onChunkReceived() {} }
  }
}

interface Dial extends Callbacks {
  url: string
  protocols?: string[]
}

/** Opens a socket; the sixth is refused before it is opened. */
function connectSocket(options: Dial): object {
  const { success, fail, complete, ...rest } = options
  record('connectSocket', rest)
  const later = (fn?: (r: object) => void, r: object = {}) => setTimeout(() => { fn?.(r); complete?.(r) }, 0)
  if (sockets >= mostSockets) {
    wrong('wx.connectSocket', new Error(`more than ${mostSockets} sockets`))
    later(fail, { errMsg: 'connectSocket:fail exceed max concurrent' })
    return silent()
  }
  const socket = new WebSocket(toStand(options.url), options.protocols ?? [])
  sockets++
  const on = { open: [] as Fn[], message: [] as Fn[], close: [] as Fn[], error: [] as Fn[] }
  const tell = (list: Fn[], arg: object) => list.forEach((fn) => fn(arg))
  socket.addEventListener('open', () => tell(on.open, { header: {} }))
  socket.addEventListener('message', (e) => tell(on.message, { data: e.data as unknown }))
  socket.addEventListener('error', () => tell(on.error, { errMsg: 'socket error' }))
  socket.addEventListener('close', (e) => {
    sockets--
    tell(on.close, { code: e.code, reason: e.reason })
  })
  later(success, { errMsg: 'connectSocket:ok' })
  return handle(socket, on)
}

type Fn = (arg: object) => void

function handle(socket: WebSocket, on: Record<'open' | 'message' | 'close' | 'error', Fn[]>): object {
  return {
    get readyState() { return socket.readyState },
    send({ data, success, fail }: { data: string; success?: Fn; fail?: Fn }) {
      record('socketSend', { data })
      if (socket.readyState !== WebSocket.OPEN) fail?.({ errMsg: 'sendSocketMessage:fail socket is not open' })
      else {
        socket.send(data)
        success?.({ errMsg: 'sendSocketMessage:ok' })
      }
    },
    close({ code = 1000, reason = '', success }: { code?: number; reason?: string; success?: Fn } = {}) {
      record('socketClose', { code })
      socket.close(code, reason)
      success?.({ errMsg: 'closeSocket:ok' })
    },
    onOpen: (fn: Fn) => void on.open.push(fn),
    onMessage: (fn: Fn) => void on.message.push(fn),
    onClose: (fn: Fn) => void on.close.push(fn),
    onError: (fn: Fn) => void on.error.push(fn),
  }
}

/** A socket that never was. */
const silent = (): object => ({ readyState: 3, send() {}, close() {}, onOpen() {}, onMessage() {}, onClose() {}, onError() {} })

/** The network's APIs. */
export const net = {
  async: {
    getNetworkType: () => ({ networkType: 'wifi' }),
  },
  tasks: {
    request: task<Request>('request', ask),
    uploadFile: task<Upload>('uploadFile', send),
    downloadFile: task<{ url: string }>('downloadFile', fetchFile),
    connectSocket,
  },
}
