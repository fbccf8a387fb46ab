/**
 * The one socket of the program: everything live comes over it, channel by
 * channel, and goes on where it was after the phone slept, the tunnel ended or
 * the hub was started again.
 *
 * It promises what the hub's own client does (shared/link): each event of a
 * followed channel is handed on once and in order; after a gap the channel
 * begins again with a snapshot; a late close of an old socket does not disturb
 * the new one.
 */
import type { Frame, Position, Problem, Ticket, Welcome } from '@/api/types'
import { eventKinds, known } from '@/mirror/place'
import { Pace } from './pace'

/** The version of the protocol that this program speaks. */
const version = 1
/** How long a connection may take from ticket to welcome. */
const openTimeoutMS = 10_000
/** How long the hub may say nothing before it is asked, and how long an answer may take. */
const quietMS = 10_000
const answerMS = 5_000
/** How long a channel is left that the hub could not give just now. */
const rejoinMS = 2_000
/** The least time between two signs of writing in one conversation. */
const typingMS = 2_000

/** Where the socket stands. "ended" means that coming back is of no use. */
export type LiveState = 'idle' | 'connecting' | 'open' | 'lost' | 'ended'

/** A socket as the platform gives it. */
export interface Socket {
  send(text: string): void
  close(): void
}

/** What the platform is asked for. */
export interface World {
  /** Takes a ticket; it throws if that is refused. */
  ticket(): Promise<Ticket>
  /** Opens a socket. */
  open(on: { open(): void; text(text: string): void; closed(code: number): void }): Socket
  /** The clock in ms, and a timer. */
  now(): number
  after(ms: number, fn: () => void): () => void
  random(): number
}

/** What is told. */
export interface Listener {
  state(state: LiveState): void
  /** The hub welcomed us; its clock. */
  welcome(w: Welcome): void
  frame(f: Frame): void
  /** The hub does not let us follow a channel any more. */
  refused(channel: string, problem: Problem): void
}

export class Live {
  private at = new Map<string, Position>()
  private fresh = new Set<string>() // joined on an open socket, the snapshot not yet here
  private typed = new Map<string, number>()
  private socket: Socket | undefined
  private turn = 0 // counts connections: news of an older one is ignored
  private state: LiveState = 'idle'
  private pace: Pace
  private since = 0
  private cancel: (() => void)[] = []
  private heardAt = 0

  constructor(
    private readonly world: World,
    private readonly listener: Listener,
  ) {
    this.pace = new Pace(() => world.random())
  }

  /** Where the socket stands. */
  get standing(): LiveState {
    return this.state
  }

  /** When the hub was last heard, by this phone's clock (ms); 0 for never. */
  get heardMS(): number {
    return this.heardAt
  }

  /** Opens the socket, or tries at once if it waits to come back. */
  resume(): void {
    if (this.state === 'open' || this.state === 'connecting') {
      this.probe()
      return
    }
    this.connect()
  }

  /** Closes the socket and keeps the positions, for a phone that goes to sleep. */
  pause(): void {
    this.drop()
    this.be('idle')
  }

  /** Forgets everything: another member, or none, is signed in. */
  reset(): void {
    this.pause()
    this.at.clear()
    this.fresh.clear()
  }

  /** Follows a channel from now on. */
  join(channel: string): void {
    if (this.at.has(channel)) return
    this.at.set(channel, { ch: channel, seq: 0 })
    if (this.state === 'open') this.ask(channel)
  }

  /** Follows a channel no more. */
  leave(channel: string): void {
    if (!this.at.delete(channel)) return
    this.fresh.delete(channel)
    if (this.state === 'open') this.send({ k: 'leave', ch: channel })
  }

  /** Asks for a snapshot of a channel, for a fold that could not make sense of what it got. */
  resync(channel: string): void {
    if (!this.at.has(channel)) return
    this.at.set(channel, { ch: channel, seq: 0 })
    if (this.state === 'open') this.ask(channel)
  }

  /** Tells the other party of a conversation that this one is writing. */
  typing(thread: string): void {
    const channel = `chat/${thread}`
    const now = this.world.now()
    if (this.state !== 'open' || !this.at.has(channel) || now - (this.typed.get(channel) ?? -typingMS) < typingMS) return
    this.typed.set(channel, now)
    this.send({ k: 'typing', ch: channel })
  }

  private be(state: LiveState): void {
    if (this.state === state) return
    this.state = state
    this.listener.state(state)
  }

  private connect(): void {
    this.drop()
    const turn = this.turn
    this.be('connecting')
    this.timer(openTimeoutMS, () => this.lost(turn, false))
    this.world.ticket().then(
      (ticket) => {
        if (turn === this.turn) this.dial(turn, ticket.ticket)
      },
      (error: { problem?: Problem }) => this.noTicket(turn, error.problem),
    )
  }

  private noTicket(turn: number, problem: Problem | undefined): void {
    if (turn !== this.turn) return
    const final = problem && !problem.retry && [401, 403, 426].includes(problem.status)
    if (final) this.end(turn)
    else this.lost(turn, problem !== undefined)
  }

  private dial(turn: number, ticket: string): void {
    this.socket = this.world.open({
      open: () => {
        if (turn !== this.turn) return
        this.fresh.clear()
        this.send({ v: version, min: version, ticket, resume: [...this.at.values()] }, 'hello')
      },
      text: (text) => {
        if (turn === this.turn) this.heard(turn, text)
      },
      closed: (code) => {
        if (turn !== this.turn) return
        if (code >= 4500 && code <= 4999) this.end(turn)
        else this.lost(turn, code >= 4000)
      },
    })
  }

  /** Reads the frames of one message. What cannot be read makes everything begin again. */
  private heard(turn: number, text: string): void {
    this.heardAt = this.world.now()
    if (this.state === 'open') this.listen(turn)
    for (const line of text.split('\n')) {
      if (!line.trim()) continue
      let frame: Frame
      try {
        frame = JSON.parse(line) as Frame
      } catch {
        for (const channel of this.at.keys()) this.at.set(channel, { ch: channel, seq: 0 })
        this.lost(turn, true)
        return
      }
      if (turn !== this.turn) return
      this.take(turn, frame)
    }
  }

  private take(turn: number, f: Frame): void {
    if (f.k === 'welcome') {
      this.welcomed(turn, f.d as Welcome)
      return
    }
    if (!f.ch) return // a problem before a close, or the answer to a ping
    if (!this.at.has(f.ch)) return
    if (f.k === 'refused') {
      this.refusedChannel(f.ch, f.d as Problem)
      return
    }
    if (this.news(f)) this.listener.frame(f)
  }

  private welcomed(turn: number, w: Welcome): void {
    this.clearTimers()
    this.pace.connected()
    this.since = this.world.now()
    this.be('open')
    this.listen(turn)
    this.listener.welcome(w)
    for (const channel of this.at.keys()) {
      if (!this.asked.has(channel)) this.ask(channel)
    }
  }

  private asked = new Set<string>() // what the hello of this socket asked for

  /** Whether a frame is news; moves on past it. After a gap its channel begins again. */
  private news(f: Frame): boolean {
    const channel = f.ch!
    const at = this.at.get(channel)!
    const seq = f.seq ?? 0
    if (f.k === 'snap') {
      this.fresh.delete(channel)
      this.at.set(channel, { ch: channel, ep: f.ep, seq })
      return true
    }
    const counted = known(f.k) ? eventKinds.has(f.k) : seq > at.seq
    if (!counted) return at.ep !== undefined
    if (this.fresh.has(channel)) return false
    if (!at.ep || (f.ep && f.ep !== at.ep) || seq > at.seq + 1) {
      this.resync(channel)
      return false
    }
    if (seq <= at.seq) return false
    this.at.set(channel, { ...at, seq })
    return true
  }

  private refusedChannel(channel: string, problem: Problem): void {
    if (problem?.retry) {
      const turn = this.turn
      this.at.set(channel, { ch: channel, seq: 0 })
      this.world.after(rejoinMS, () => {
        if (turn === this.turn && this.state === 'open' && this.at.has(channel)) this.ask(channel)
      })
      return
    }
    this.at.delete(channel)
    this.listener.refused(channel, problem)
  }

  private ask(channel: string): void {
    const at = this.at.get(channel)!
    this.fresh.add(channel)
    this.send({ k: 'join', ...at })
  }

  /** Asks the hub whether it is there when it has been quiet, and gives the line up without an answer. */
  private listen(turn: number): void {
    this.clearTimers()
    this.timer(quietMS, () => {
      if (turn === this.turn) this.probe()
    })
  }

  private probe(): void {
    if (this.state !== 'open') return
    const turn = this.turn
    this.send({ k: 'ping' })
    this.clearTimers()
    this.timer(answerMS, () => this.lost(turn, false))
  }

  private send(body: object, kind?: string): void {
    if (kind === 'hello') this.asked = new Set(this.at.keys())
    const frame = kind ? { k: kind, d: body } : body
    try {
      this.socket?.send(JSON.stringify(frame))
    } catch {
      // the close that follows says so
    }
  }

  /** The connection is gone, or never came to be: wait and come back. */
  private lost(turn: number, refused: boolean): void {
    if (turn !== this.turn) return
    const stood = this.since ? this.world.now() - this.since : 0
    this.drop()
    this.be('lost')
    const next = this.turn
    this.timer(this.pace.next(refused, stood), () => {
      if (next === this.turn) this.connect()
    })
  }

  /** Coming back is of no use: signed out, or this program is too old. */
  private end(turn: number): void {
    if (turn !== this.turn) return
    this.drop()
    this.be('ended')
  }

  /** Leaves the socket and whatever was waited for. */
  private drop(): void {
    this.turn++
    this.since = 0
    this.clearTimers()
    const socket = this.socket
    this.socket = undefined
    socket?.close()
  }

  private timer(ms: number, fn: () => void): void {
    this.cancel.push(this.world.after(ms, fn))
  }

  private clearTimers(): void {
    for (const cancel of this.cancel) cancel()
    this.cancel = []
  }
}
