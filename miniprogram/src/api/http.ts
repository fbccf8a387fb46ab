/**
 * Requests to the hub. A session's token goes with each; when the hub says it
 * is over, whoever listens is told once.
 */
import { hubURL } from '@/platform/env'
import type { Upload } from '@/platform/recorder'
import { refusal, unreachable } from './problem'

/** How long a request may take; a phone in a tunnel should say so soon. */
const timeoutMS = 10_000
/** As long as the hub has patience with a slow phone. */
const uploadTimeoutMS = 60_000

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

let token = ''
let ended: () => void = () => {}

/** The token that later requests carry; "" for none. */
export function useToken(value: string): void {
  token = value
}

/** Has fn called when the hub no longer takes the token. */
export function onSessionEnded(fn: () => void): void {
  ended = fn
}

/** What else a request may carry. */
export interface Extra {
  query?: Record<string, string | number | undefined>
  body?: unknown
  /** A command's id, made and kept by the caller: a repeat is the same act. */
  key?: string
}

/** The headers of a request of the member's. */
export function headers(key?: string): Record<string, string> {
  const h: Record<string, string> = {}
  if (token) h.Authorization = `Bearer ${token}`
  if (key) h['Idempotency-Key'] = key
  return h
}

/** Makes one request; a HubError if it fails. */
export function call<T>(method: Method, path: string, extra: Extra = {}): Promise<T> {
  const used = token
  return new Promise<T>((resolve, reject) => {
    uni.request({
      url: hubURL + path + search(extra.query),
      method,
      data: extra.body === undefined ? undefined : (extra.body as object),
      header: { ...headers(extra.key), ...(extra.body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      timeout: timeoutMS,
      success: (answer) => {
        if (answer.statusCode >= 200 && answer.statusCode < 300) {
          resolve(answer.data as T)
          return
        }
        const error = refusal(answer.statusCode, answer.data)
        if (error.is('unauthorized') && used && used === token) ended()
        reject(error)
      },
      fail: () => reject(unreachable()),
    })
  })
}

/** A query string, without what is undefined or empty. */
function search(query: Extra['query'] = {}): string {
  const parts = Object.entries(query)
    .filter(([, v]) => v !== undefined && v !== '')
    .map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`)
  return parts.length ? `?${parts.join('&')}` : ''
}

/** Uploads a file that the phone holds, a path or a browser's file, as the form the hub takes. */
export function upload<T>(path: string, file: Upload): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    uni.uploadFile({
      url: hubURL + path,
      // The framework's browser side calls a lone file without a path an error, and one in a list not.
      ...(typeof file === 'string' ? { filePath: file, name: 'file' } : { files: [{ name: 'file', file, uri: '' }] }),
      header: headers(),
      timeout: uploadTimeoutMS,
      success: (answer) => {
        const data = parse(answer.data)
        if (answer.statusCode >= 200 && answer.statusCode < 300) resolve(data as T)
        else reject(refusal(answer.statusCode, data))
      },
      fail: () => reject(unreachable()),
    })
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
