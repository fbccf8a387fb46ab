import type { ChatSnap, Frame, Message, Presence, ReadMark, Thread, Typing } from '@/api/types'
import { body, Place, type Change } from './place'

/** The messages held: the last ones. Older ones are read by pages again. */
export const maxMessages = 500
/** The messages of a snapshot. */
export const maxMessagesInSnap = 50

type Party = 'driver' | 'agent'

/**
 * One conversation: the fold of channel chat/ID. Messages never change and
 * their numbers are dense, so a snapshot of the same epoch keeps the older
 * messages that join on to it.
 */
export class Chat extends Place {
  private thread: Thread | undefined
  private said: Message[] = [] // dense by number, oldest first
  private there: Presence = { driver: false, agent: false }
  private present = 0 // the event that there is not older than
  private writes = new Map<string, Typing>()
  private spoke = new Map<string, number>() // each party's last message, by event

  constructor() {
    super('chat')
  }

  protected fold(f: Frame): Change | undefined {
    switch (f.k) {
      case 'message':
        return this.event<Message>(f, { id: 'string', n: 'number', from: 'string' }, (m) => this.message(m))
      case 'thread':
        return this.event<Thread>(f, { id: 'string', state: 'string' }, (t) => {
          this.thread = t
          return { thread: true }
        })
      case 'read':
        return this.event<ReadMark>(f, { by: 'string', n: 'number' }, (mark) => this.read(mark))
      case 'typing':
        return this.setTyping(f)
      case 'presence':
        return this.setPresence(f)
    }
    return undefined
  }

  protected begin(value: unknown): void {
    const snap = value as ChatSnap
    const older = this.renewed ? [] : this.said
    this.thread = snap.thread
    this.there = snap.presence
    this.present = this.seq
    this.said = joined(older, snap.messages ?? [])
    this.writes.clear()
    this.spoke.set('driver', this.seq).set('agent', this.seq)
  }

  private message(m: Message): Change {
    const last = this.said[this.said.length - 1]
    if (last && m.n !== last.n + 1) {
      if (m.n <= last.n) return {}
      this.said = [] // a hole in the numbers: what was held no longer joins on
    }
    this.said = [...this.said, m].slice(-maxMessages)
    const thread = { ...this.thread!, last: m.n, last_at: m.at }
    if (m.from === 'driver') thread.agent_unread++
    if (m.from === 'agent') thread.driver_unread++
    this.thread = thread
    this.spoke.set(m.from, this.seq)
    const change: Change = { messages: [m.id], thread: true }
    if (this.writes.delete(m.from)) change.typing = true
    return change
  }

  private read(mark: ReadMark): Change {
    const t = this.thread!
    if (mark.by === 'driver' && mark.n > t.driver_read) {
      this.thread = { ...t, driver_read: mark.n, driver_unread: this.after(mark.n, 'agent', t.driver_unread) }
      return { thread: true }
    }
    if (mark.by === 'agent' && mark.n > t.agent_read) {
      this.thread = { ...t, agent_read: mark.n, agent_unread: this.after(mark.n, 'driver', t.agent_unread) }
      return { thread: true }
    }
    return {}
  }

  /** Counts a party's messages after number n; before is what is said when not all are held. */
  private after(n: number, from: Party, before: number): number {
    const first = this.said[0]
    if (first && n + 1 < first.n) return before
    return this.said.filter((m) => m.n > n && m.from === from).length
  }

  private setTyping(f: Frame): Change {
    const t = body<Typing>(f, { by: 'string', until: 'string' })
    if (!this.started() || (f.seq ?? 0) < (this.spoke.get(t.by) ?? 0) || (t.by !== 'driver' && t.by !== 'agent')) return {}
    this.writes.set(t.by, t)
    return { typing: true }
  }

  private setPresence(f: Frame): Change {
    const p = body<Presence>(f, {})
    if (!this.started() || (f.seq ?? 0) < this.present) return {}
    this.there = p
    this.present = f.seq ?? 0
    return { presence: true }
  }

  /** Adds a page of older messages and says how many joined on to those held. */
  prepend(page: Message[]): number {
    let added = 0
    for (const older of [...page].reverse()) {
      const first = this.said[0]
      if (!first) break
      if (older.n >= first.n) continue
      if (older.n + 1 !== first.n || this.said.length >= maxMessages) break
      this.said = [older, ...this.said]
      added++
    }
    return added
  }

  /** Whether there are messages before those held, and room for them. */
  older(): boolean {
    return this.first() > 1 && this.said.length < maxMessages
  }

  /** The number of the oldest message held; zero when there is none. */
  first(): number {
    return this.said[0]?.n ?? 0
  }

  /** The messages held, oldest first. */
  messages(): Message[] {
    return this.said
  }

  /** Whether a party writes at a time of the hub's clock (ms). */
  typing(by: Party, nowMS: number): boolean {
    const t = this.writes.get(by)
    return t !== undefined && Date.parse(t.until) > nowMS
  }

  /** The state as a snapshot of the channel would give it; undefined before the first. */
  snap(): ChatSnap | undefined {
    if (!this.thread) return undefined
    return { thread: this.thread, messages: this.said.slice(-maxMessagesInSnap), presence: this.there }
  }
}

/** A snapshot's messages with the older ones that join on to them. */
function joined(older: Message[], snap: Message[]): Message[] {
  const first = snap[0]
  const last = older[older.length - 1]
  if (!first || !last || first.n > last.n + 1) return snap.slice(-maxMessages)
  return [...older.filter((m) => m.n < first.n), ...snap].slice(-maxMessages)
}
