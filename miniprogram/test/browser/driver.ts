/** Drivers beside the one whose phone a test holds, and what the hub says of them. */
import { randomBytes } from 'node:crypto'
import { deflateSync, crc32 } from 'node:zlib'
import { onTestFinished } from 'vitest'
import type { DriverSession, Message } from '@/api/types'
import { ulid } from '../../src/units/ulid'
import { openPhone, stage, type Options, type Phone } from './phone'
import { as, head } from './station'

let people = 0

/**
 * Signs a driver in by WeChat's own word, which the stage stands in for: a
 * second device of a number, or a driver without a text message, of which an
 * address gets few.
 */
export async function join(number: string): Promise<DriverSession> {
  const who = `d${++people}${Date.now().toString(36)}`
  const first = { code: `js-${who}-1`, phone_code: `phone-${number}-${who}` }
  return ask<DriverSession>('POST', '/v1/driver/wechat', { body: first })
}

/** What a driver asks of the hub beside the pages; throws if it refuses. */
export async function ask<T = unknown>(method: string, path: string, given: { token?: string; body?: object } = {}): Promise<T> {
  const { status, answer } = await tried(method, path, given)
  if (status > 299) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`)
  return answer as T
}

/** The same, with the refusal as an answer. */
export async function tried(method: string, path: string, given: { token?: string; body?: object } = {}): Promise<{ status: number; answer: unknown }> {
  const answer = await fetch(stage.at.plain + path, {
    method,
    headers: { ...(given.token ? { Authorization: `Bearer ${given.token}` } : {}), ...(given.body ? { 'Content-Type': 'application/json' } : {}) },
    body: given.body && JSON.stringify(given.body),
  })
  const text = await answer.text()
  return { status: answer.status, answer: text ? JSON.parse(text) : null }
}

/** A session as the pages keep it. */
const kept = (session: DriverSession): Record<string, string> => ({
  'forecourt.token': JSON.stringify(session.token),
  'forecourt.member': JSON.stringify(session.member),
})

/** The token that a phone has kept. */
export const tokenOf = (phone: Phone): Promise<string> => phone.page.evaluate(() => JSON.parse(localStorage.getItem('forecourt.token')!) as string)

/** Opens a phone that has kept a session, and what else is given, since before; later it keeps what its pages do. */
export async function openAs(session: DriverSession, options: Options = {}, more: Record<string, string> = {}): Promise<Phone> {
  const phone = await openPhone(options)
  await phone.context.addInitScript((values) => {
    if (location.protocol === 'about:' || localStorage.length > 0) return
    for (const [k, v] of Object.entries(values)) localStorage.setItem(k, v)
  }, { ...kept(session), ...more })
  return phone
}

/** A phone for one test, closed at its end; of a driver who signed in before if a session is given. */
export async function open(session?: DriverSession): Promise<Phone> {
  const phone = session ? await openAs(session) : await openPhone()
  onTestFinished(() => phone.close())
  return phone
}

/** A conversation as the hub has written it down, for both parties alike. */
export const written = async (session: DriverSession, thread: string): Promise<Message[]> =>
  (await ask<{ messages: Message[] | null }>('GET', `/v1/driver/threads/${thread}/messages`, { token: session.token })).messages ?? []

/** The station's head takes a conversation in hand and is its agent from then on. */
export class Agent {
  private constructor(private readonly path: string) {}

  static async take(thread: string): Promise<Agent> {
    await as(head, 'POST', `/v1/support/threads/${thread}/take`)
    return new Agent(`/v1/support/threads/${thread}/messages`)
  }

  /** What there is to read at the desk. */
  async reads(): Promise<Message[]> {
    return (await as<{ messages: Message[] | null }>(head, 'GET', this.path)).messages ?? []
  }

  /** Says something. */
  says(text: string): Promise<Message> {
    return as<Message>(head, 'POST', this.path, { id: ulid(Date.now()), kind: 'text', text })
  }
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** A PNG of noise, which does not get smaller: three bytes a point. */
export function noise(width: number, height: number): Buffer {
  const size = Buffer.alloc(13)
  size.writeUInt32BE(width, 0)
  size.writeUInt32BE(height, 4)
  size.set([8, 2, 0, 0, 0], 8) // eight bits, red green blue
  const lines = randomBytes(height * (1 + 3 * width))
  for (let y = 0; y < height; y++) lines[y * (1 + 3 * width)] = 0 // no filter
  const mark = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([mark, chunk('IHDR', size), chunk('IDAT', deflateSync(lines, { level: 0 })), chunk('IEND', Buffer.alloc(0))])
}
