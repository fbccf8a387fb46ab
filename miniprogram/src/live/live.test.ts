// The socket under faults: a tunnel, a sleeping phone, a hub that restarts, a
// line that dies without a word, and closes that come late.
import { beforeEach, describe, expect, it } from 'vitest'
import type { Frame } from '@/api/types'
import { Live, type LiveState, type Socket } from './live'

const station = 'station/01M838Z2G01S1D9JQ8GS4GHR5R'
const other = 'station/01M838Z2G01S1D9JQ8GSZHECW0'

interface Wire {
  sent: { k: string; ch?: string; ep?: string; seq?: number; d?: { resume?: object[]; ticket?: string } }[]
  closed: boolean
  on: { open(): void; text(text: string): void; closed(code: number): void }
}

/** A world with a clock of its own. */
class Fake {
  clock = 0
  wires: Wire[] = []
  states: LiveState[] = []
  frames: Frame[] = []
  refused: string[] = []
  tickets = 0
  refuse: unknown
  private timers: { at: number; fn: () => void; id: number }[] = []
  private ids = 0

  live = new Live(
    {
      ticket: async () => {
        this.tickets++
        if (this.refuse) throw this.refuse
        return { ticket: `t${this.tickets}`, expires_at: '' }
      },
      open: (on): Socket => {
        const wire: Wire = { sent: [], closed: false, on }
        this.wires.push(wire)
        return { send: (text) => wire.sent.push(JSON.parse(text)), close: () => (wire.closed = true) }
      },
      now: () => this.clock,
      after: (ms, fn) => {
        const id = ++this.ids
        this.timers.push({ at: this.clock + ms, fn, id })
        return () => (this.timers = this.timers.filter((t) => t.id !== id))
      },
      random: () => 0.5,
    },
    {
      state: (s) => this.states.push(s),
      welcome: () => {},
      frame: (f) => this.frames.push(f),
      refused: (ch) => this.refused.push(ch),
    },
  )

  /** Lets time pass, and whatever waits for it happen. */
  async pass(ms: number): Promise<void> {
    const end = this.clock + ms
    for (;;) {
      await settled()
      const next = this.timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.clock = Math.max(this.clock, next.at)
      this.timers = this.timers.filter((t) => t !== next)
      next.fn()
    }
    this.clock = end
    await settled()
  }

  get wire(): Wire {
    return this.wires[this.wires.length - 1]!
  }

  /** The hub says something on the last socket. */
  says(...frames: object[]): void {
    this.wire.on.text(frames.map((f) => JSON.stringify(f)).join('\n'))
  }

  /** Opens the socket and is welcomed. */
  async connect(): Promise<void> {
    this.live.resume()
    await this.welcomed()
  }

  async welcomed(): Promise<void> {
    await settled()
    this.wire.on.open()
    this.says({ k: 'welcome', d: { v: 1, now: '2026-11-23T04:00:00Z' } })
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
const snap = (ch: string, seq: number) => ({ k: 'snap', ch, ep: 'E1', seq, d: {} })
const event = (ch: string, seq: number) => ({ k: 'pump', ch, seq, d: { number: 1 } })

let w: Fake
beforeEach(() => {
  w = new Fake()
})

describe('the socket', () => {
  it('goes on where it was after the phone slept', async () => {
    w.live.join(station)
    await w.connect()
    expect(w.wire.sent[0]).toMatchObject({ k: 'hello', d: { ticket: 't1', resume: [{ ch: station, seq: 0 }] } })
    w.says(snap(station, 5), event(station, 6))
    w.live.pause()
    expect(w.wire.closed).toBe(true)
    await w.connect()
    expect(w.wire.sent[0]).toMatchObject({ k: 'hello', d: { ticket: 't2', resume: [{ ch: station, ep: 'E1', seq: 6 }] } })
    w.says(event(station, 6), event(station, 7))
    expect(w.frames.map((f) => f.seq)).toEqual([5, 6, 7])
  })

  it('C016 is open again within a second of the network coming back, however long it was away', async () => {
    w.live.join(station)
    await w.connect()
    w.wire.on.closed(1006)
    for (let i = 0; i < 40; i++) {
      await w.pass(1000)
      w.wire.on.closed(1006) // no way to the hub
    }
    const before = w.wires.length
    await w.pass(800)
    expect(w.wires.length).toBeGreaterThan(before)
    await w.welcomed()
    expect(w.live.standing).toBe('open')
  })

  it('comes back at once when it is asked to, also while it waits', async () => {
    await w.connect()
    for (let i = 0; i < 6; i++) {
      w.wire.on.closed(4000)
      await w.pass(5000)
    }
    w.wire.on.closed(4000)
    expect(w.live.standing).toBe('lost')
    await w.connect()
    expect(w.live.standing).toBe('open')
  })

  it('begins a channel again with a snapshot when events are missing', async () => {
    w.live.join(station)
    await w.connect()
    w.says(snap(station, 5), event(station, 8))
    expect(w.frames.map((f) => f.seq)).toEqual([5])
    expect(w.wire.sent[w.wire.sent.length - 1]).toEqual({ k: 'join', ch: station, seq: 0 })
    w.says(event(station, 9), snap(station, 9), event(station, 10)) // the one before the snapshot was on its way
    expect(w.frames.map((f) => f.seq)).toEqual([5, 9, 10])
  })

  it('gives up a line that died without a word', async () => {
    await w.connect()
    await w.pass(10_000)
    expect(w.wire.sent[w.wire.sent.length - 1]).toEqual({ k: 'ping' })
    w.says({ k: 'pong', d: { now: '2026-11-23T04:00:10Z' } })
    await w.pass(10_000)
    expect(w.live.standing).toBe('open')
    await w.pass(5_000)
    expect(w.states).toContain('lost')
  })

  it('asks at once whether an open line still lives when the page comes back', async () => {
    await w.connect()
    w.live.resume()
    expect(w.wire.sent[w.wire.sent.length - 1]).toEqual({ k: 'ping' })
    expect(w.wires).toHaveLength(1)
  })

  it('is not disturbed by the late close of an old socket', async () => {
    await w.connect()
    const old = w.wire
    w.live.pause()
    await w.connect()
    old.on.closed(1006)
    old.on.text(JSON.stringify(snap(station, 99)))
    expect(w.live.standing).toBe('open')
    expect(w.frames).toEqual([])
  })

  it('stays away when coming back is of no use', async () => {
    for (const code of [4500, 4501, 4502, 4503]) {
      w = new Fake()
      await w.connect()
      w.wire.on.closed(code)
      await w.pass(60_000)
      expect(w.live.standing).toBe('ended')
      expect(w.wires).toHaveLength(1)
    }
    w = new Fake()
    w.refuse = { problem: { status: 401 } }
    w.live.resume()
    await w.pass(60_000)
    expect(w.live.standing).toBe('ended')
  })

  it('tries again when a ticket cannot be had just now', async () => {
    w.refuse = { problem: { status: 503, retry: true } }
    w.live.resume()
    await w.pass(1000)
    w.refuse = undefined
    await w.pass(5000)
    await w.welcomed()
    expect(w.live.standing).toBe('open')
  })

  it('follows what was asked for while it was connecting, and no more what was left', async () => {
    w.live.join(station)
    w.live.resume()
    await settled()
    w.wire.on.open()
    w.live.join(other)
    w.says({ k: 'welcome', d: { v: 1, now: '2026-11-23T04:00:00Z' } })
    expect(w.wire.sent.map((f) => [f.k, f.ch])).toEqual([['hello', undefined], ['join', other]])
    w.live.leave(station)
    w.says(snap(station, 3), snap(other, 4))
    expect(w.frames.map((f) => f.ch)).toEqual([other])
    expect(w.wire.sent[2]).toEqual({ k: 'leave', ch: station })
  })

  it('forgets a channel it may not follow, and asks again for one the hub could not give just now', async () => {
    w.live.join(station)
    w.live.join(other)
    await w.connect()
    w.says(
      { k: 'refused', ch: station, d: { type: 'urn:forecourt:problem:not-your-thread', status: 403, title: '' } },
      { k: 'refused', ch: other, d: { type: 'urn:forecourt:problem:storage-unavailable', status: 503, title: '', retry: true } },
    )
    expect(w.refused).toEqual([station])
    await w.pass(2000)
    expect(w.wire.sent[w.wire.sent.length - 1]).toEqual({ k: 'join', ch: other, seq: 0 })
  })

  it('says at most every two seconds that somebody writes', async () => {
    w.live.join('chat/T')
    await w.connect()
    const writes = () => w.wire.sent.filter((f) => f.k === 'typing').length
    w.live.typing('T')
    w.live.typing('T')
    expect(writes()).toBe(1)
    await w.pass(2000)
    w.live.typing('T')
    expect(writes()).toBe(2)
  })

  it('begins again when what the hub said cannot be read', async () => {
    w.live.join(station)
    await w.connect()
    w.says(snap(station, 5))
    w.wire.on.text('{')
    await w.pass(5000)
    await w.welcomed()
    expect(w.wire.sent[0]).toMatchObject({ d: { resume: [{ ch: station, seq: 0 }] } })
  })
})
