/**
 * A stand-in for the hub, for tests only: one station, one member, one
 * conversation, and a socket that numbers and resumes its channels. It checks
 * nothing that it is not asked to; the tests against the real hub do that.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Frame, Message, Order, Position, SendRequest } from '../src/api/types'
import * as made from './fixtures'

/** A request as it came. */
export interface Asked {
  method: string
  path: string
  query: URLSearchParams
  body: Record<string, unknown>
  bytes: number
  token: string
}

type Answer = object | undefined
class Refusal extends Error {
  constructor(readonly status: number, readonly kind: string) {
    super(kind)
  }
}

/** One channel: its snapshot as it would be taken now, and the events since the beginning. */
interface Channel {
  snap(): object
  events: Frame[]
}

/** The stand-in; close it when done. */
export class Standin {
  readonly asked: Asked[] = []
  /** Every frame that came over a socket. */
  readonly heard: Frame[] = []
  orders: Order[] = [made.order(1), made.order(2), made.order(3)]
  messages: Message[] = [made.said(1, 'agent', { text: '您好，请问有什么可以帮您？' })]
  /** Whether WeChat's identity is known already; else the phone's code is asked for. */
  knowsWeChat = false
  /** What it refuses to show the number with, if it does. */
  refuses = ''
  private station = made.snapshot()
  private readonly channels = new Map<string, Channel>()
  private readonly followers = new Map<WebSocket, Set<string>>()
  private readonly server = createServer((req, res) => void this.serve(req, res))
  private readonly sockets = new WebSocketServer({ noServer: true })
  url = ''

  constructor() {
    this.channel(`station/${made.stationID}`, () => this.station)
    this.channel(`station/${made.otherID}`, () => ({ ...made.snapshot(), station: '滇池加油站' }))
    this.channel(`driver/${made.memberID}`, () => ({ member: made.member, threads: [made.thread(this.messages.length)], orders: this.orders }))
    this.channel(`chat/${made.threadID}`, () => ({ thread: made.thread(this.messages.length), presence: { driver: true, agent: true }, messages: this.messages }))
    this.server.on('upgrade', (req, socket, head) => this.sockets.handleUpgrade(req, socket, head, (ws) => this.welcome(ws)))
  }

  /** Starts it on a free port. */
  async listen(): Promise<this> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done))
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
    return this
  }

  /** Ends it and every connection. */
  async close(): Promise<void> {
    this.drop()
    this.server.closeAllConnections()
    await new Promise((done) => this.server.close(done))
  }

  /** Cuts every socket without a word. */
  drop(): void {
    for (const ws of this.followers.keys()) ws.terminate()
  }

  /** Sends an event, numbered, to whoever follows; or a tick. */
  push(ch: string, k: string, d: object, tick = false): void {
    const channel = this.channels.get(ch)!
    const frame: Frame = { k, ch, seq: channel.events.length + (tick ? 0 : 1), at: new Date().toISOString(), d }
    if (!tick) channel.events.push(frame)
    for (const [ws, names] of this.followers) if (names.has(ch)) ws.send(JSON.stringify(frame))
  }

  /** Sets the price of 92#, and tells. */
  price(fenPerLitre: number): void {
    this.station = made.snapshot(fenPerLitre)
    this.push(`station/${made.stationID}`, 'tariff', this.station.tariff)
    this.push(`station/${made.stationID}`, 'pump', this.station.pumps![0]!)
  }

  /** Lets the member's delivery run, then end. */
  fuel(volumeML: number): void {
    this.push(`driver/${made.memberID}`, 'fuelling', made.fuelling(volumeML), true)
  }

  sell(order: Order): void {
    this.orders = [order, ...this.orders.filter((o) => o.sale !== order.sale)]
    this.push(`driver/${made.memberID}`, 'order', order)
  }

  /** Says something as the agent. */
  say(text: string): void {
    this.add(made.said(this.messages.length + 1, 'agent', { text }))
  }

  /** The requests to a path. */
  at(method: string, path: string): Asked[] {
    return this.asked.filter((a) => a.method === method && a.path === path)
  }

  private channel(name: string, snap: () => object): void {
    this.channels.set(name, { snap, events: [] })
  }

  private add(m: Message): Message {
    this.messages.push(m)
    this.push(`chat/${made.threadID}`, 'message', m)
    return m
  }

  private welcome(ws: WebSocket): void {
    this.followers.set(ws, new Set())
    ws.on('close', () => this.followers.delete(ws))
    ws.on('message', (text) => this.hear(ws, JSON.parse(String(text)) as Frame))
  }

  private hear(ws: WebSocket, f: Frame): void {
    this.heard.push(f)
    const send = (frame: object) => ws.send(JSON.stringify(frame))
    if (f.k === 'ping') send({ k: 'pong', d: { now: new Date().toISOString() } })
    if (f.k === 'leave') this.followers.get(ws)?.delete(f.ch!)
    if (f.k === 'join') this.follow(ws, { ch: f.ch!, ep: f.ep, seq: f.seq ?? 0 })
    if (f.k === 'hello') {
      send({ k: 'welcome', d: { v: 1, now: new Date().toISOString() } })
      for (const at of (f.d as { resume?: Position[] }).resume ?? []) this.follow(ws, at)
    }
  }

  /** Goes on where the phone was, or begins with a snapshot. */
  private follow(ws: WebSocket, at: Position): void {
    const channel = this.channels.get(at.ch)
    if (!channel) {
      ws.send(JSON.stringify({ k: 'refused', ch: at.ch, d: { type: 'urn:forecourt:problem:not-found', title: 'no such channel', status: 404 } }))
      return
    }
    this.followers.get(ws)?.add(at.ch)
    if (at.ep === epoch) for (const e of channel.events.slice(at.seq)) ws.send(JSON.stringify(e))
    else ws.send(JSON.stringify(this.snap(at.ch)))
  }

  /** A channel's snapshot as it is now. */
  snap(ch: string): Frame {
    const channel = this.channels.get(ch)!
    return { k: 'snap', ch, ep: epoch, seq: channel.events.length, d: channel.snap() }
  }

  private async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url!, 'http://hub')
    const parts: Buffer[] = []
    for await (const part of req as unknown as AsyncIterable<Buffer>) parts.push(part)
    const bytes = Buffer.concat(parts)
    const json = (req.headers['content-type'] ?? '').includes('json') && bytes.length > 0
    const body = json ? (JSON.parse(bytes.toString()) as Record<string, unknown>) : {}
    const token = (req.headers.authorization ?? '').replace('Bearer ', '')
    const asked = { method: req.method!, path: url.pathname, query: url.searchParams, body, bytes: bytes.length, token }
    const { status, data } = this.reply(asked)
    if (data instanceof Uint8Array) res.writeHead(status, { 'Content-Type': 'application/pdf' }).end(data)
    else res.writeHead(status, { 'Content-Type': 'application/json' }).end(data && JSON.stringify(data))
  }

  /** The answer to a request, for a phone that has no network as well. */
  reply(asked: Asked): { status: number; data?: object } {
    this.asked.push(asked)
    try {
      const data = this.answer(asked)
      return { status: data ? 200 : 204, data }
    } catch (e) {
      const { status, kind } = e instanceof Refusal ? e : new Refusal(500, 'internal')
      return { status, data: { type: `urn:forecourt:problem:${kind}`, title: kind, status } }
    }
  }

  private answer(a: Asked): Answer {
    const path = a.path.replace('/v1/driver/', '')
    const open: Record<string, () => Answer> = {
      'GET stations': () => made.cards(),
      [`GET stations/${made.stationID}`]: () => made.cards()[0],
      [`GET stations/${made.stationID}/prices`]: () => this.history(),
      'POST guest-tickets': () => ticket,
      'POST codes': () => ({ again_seconds: 60, expires_at: later }),
      'POST login': () => this.login(a.body.code === made.code, 'code-refused'),
      'POST wechat': () => this.login(this.knowsWeChat || String(a.body.phone_code ?? '').startsWith('phone-'), 'wechat-phone'),
    }
    const anybody = open[`${a.method} ${path}`]
    if (anybody) return anybody()
    if (a.token !== made.token) throw new Refusal(401, 'unauthorized')
    const own = this.own(a)[`${a.method} ${path}`]
    if (!own) throw new Refusal(404, 'not-found')
    return own()
  }

  private login(good: boolean, otherwise: string): Answer {
    if (!good) throw new Refusal(otherwise === 'wechat-phone' ? 409 : 401, otherwise)
    this.knowsWeChat = true
    return { token: made.token, expires_at: later, member: made.member }
  }

  private number(): Answer {
    if (this.refuses) throw new Refusal(429, this.refuses)
    return { phone: made.phone }
  }

  private history(): Answer {
    const at = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
    return { changes: [1, 12, 26, 40].map((d, i) => ({ at: at(d), grade: '92#', price_fen_per_l: 789 - i * 7 + (i % 2) * 20 })) }
  }

  /** What a member may ask. */
  private own(a: Asked): Record<string, () => Answer> {
    const thread = `threads/${made.threadID}`
    const routes: Record<string, () => Answer> = {
      'GET me': () => made.member,
      'POST me/phone': () => this.number(),
      'DELETE sessions': () => ({ ended: 1 }),
      'POST tickets': () => ticket,
      'POST logout': () => undefined,
      'POST fuelling': () => made.claim,
      'GET orders': () => ({ orders: this.orders }),
      'GET consumption': () => made.consumption,
      'GET notices': () => ({ notices: [] }),
      'GET consents': () => ({ consents: [], texts: [] }),
      'GET me/habits': () => ({ average_fen: 0, grades: [], interval_ms: 0, refuels: 0, spent_fen: 0, times: [], volume_ml: 0 }),
      'GET threads': () => ({ threads: [made.thread(this.messages.length)] }),
      'POST threads': () => made.thread(this.messages.length),
      [`GET ${thread}/messages`]: () => ({ messages: [] }),
      [`POST ${thread}/read`]: () => made.thread(this.messages.length),
      [`POST ${thread}/messages`]: () => this.hearMessage(a.body as unknown as SendRequest),
      [`POST ${thread}/media`]: () => ({ id: '01J0000000000000000000MED1', kind: 'voice', type: 'audio/mpeg', bytes: a.bytes, duration_ms: 2000 }),
      'GET media/01J0000000000000000000MED1/link': () => ({ url: '/v1/media/voice', expires_at: later }),
    }
    for (const o of this.orders) {
      routes[`GET orders/${o.sale}/evidence`] = () => made.evidence(Number(o.sale.at(-1)))
      routes[`GET orders/${o.sale}/evidence.pdf`] = () => Buffer.from('%PDF-1.4\n%%EOF\n')
      routes[`PUT orders/${o.sale}/trip`] = () => ({ ...o, trip: a.body })
    }
    return routes
  }

  /** A repeat of a message's id is the same message. */
  private hearMessage(body: SendRequest): Message {
    const old = this.messages.find((m) => m.id === body.id)
    if (old) return old
    const media = body.media ? { id: body.media, kind: body.kind, type: 'audio/mpeg', bytes: 1, duration_ms: 2000 } : undefined
    return this.add({ ...made.said(this.messages.length + 1, 'driver', { kind: body.kind, text: body.text, media }), id: body.id })
  }
}

/** The life of every channel. */
export const epoch = '01J0000000000000000000EPO1'
const later = new Date(Date.now() + 3_600_000).toISOString()
const ticket = { ticket: 'ticket-of-the-test', expires_at: later }
