/**
 * How far a channel has been folded. The rules are those of the hub's own
 * mirrors and are held to them by the same test vectors
 * (shared/mirror/testdata):
 *
 * - a snapshot and any events after it give the state that a snapshot taken
 *   after those events would give;
 * - a repeated event changes nothing; a missing one is Gap, one of another life
 *   of the channel Epoch; both leave the state as it was;
 * - ticks may be lost, repeated or late;
 * - fields and kinds that a newer hub invented are ignored.
 */
import type { Frame, Position } from '@/api/types'

/** Why a frame was not folded: a snapshot is needed, or it cannot be read. */
export class FoldError extends Error {
  constructor(readonly word: 'gap' | 'epoch' | 'frame') {
    super(word)
  }
}

/** What a frame changed; an empty Change is nothing that shows. */
export interface Change {
  all?: boolean
  thread?: boolean
  messages?: string[]
  typing?: boolean
  presence?: boolean
  threads?: string[]
  orders?: string[]
  notices?: string[]
  fuelling?: boolean
  pumps?: number[]
  tariff?: boolean
  queue?: boolean
}

/** The kinds this program knows, and which of them are numbered events. */
export const eventKinds: ReadonlySet<string> = new Set([
  'nozzle', 'sale', 'prices', 'proof', 'pump', 'tariff', 'queue', 'order', 'notice', 'thread', 'message', 'read',
  'case', 'canned', 'support', 'agents', 'roster', 'refuel', 'post', 'skip', 'alert',
])
const otherKinds: ReadonlySet<string> = new Set([
  'hello', 'welcome', 'snap', 'ack', 'want', 'problem', 'status', 'join', 'leave', 'refused', 'ping', 'pong', 'reading', 'beat',
  'fuelling', 'typing', 'presence', 'audience',
])

/** Whether a kind is known. */
export const known = (kind: string): boolean => eventKinds.has(kind) || otherKinds.has(kind)

/** What a fold counts on in a body: the JavaScript types of some of its fields. */
export type Shape = Record<string, 'string' | 'number' | 'object'>

/** The body of a frame; a FoldError if it is not what the fold counts on. */
export function body<T>(f: Frame, shape: Shape): T {
  const d = f.d as Record<string, unknown> | null | undefined
  if (typeof d !== 'object' || d === null) throw new FoldError('frame')
  for (const [field, type] of Object.entries(shape)) {
    if (typeof d[field] !== type) throw new FoldError('frame')
  }
  return d as T
}

/** The family of a channel: "driver" of "driver/01…". */
export const family = (channel: string): string => channel.split('/', 1)[0] ?? ''

/** A channel's fold. */
export abstract class Place {
  protected channel = ''
  protected epoch = ''
  protected seq = 0

  /** family is what the channels of this fold are called. */
  protected constructor(private readonly family: string) {}

  /** The last event folded; an empty epoch before the first snapshot. */
  position(): Position {
    return this.epoch ? { ch: this.channel, ep: this.epoch, seq: this.seq } : { ch: this.channel, seq: this.seq }
  }

  /** Whether there is a state: a snapshot has arrived. */
  started(): boolean {
    return this.epoch !== ''
  }

  /** Folds one frame, or throws a FoldError; then nothing has changed. */
  apply(f: Frame): Change {
    if (!this.ours(f)) return {}
    if (f.k === 'snap') return this.snapshot(f)
    const change = this.fold(f)
    if (change) return change
    this.unknown(f)
    return {}
  }

  /** Folds a frame of this channel that is no snapshot; undefined if its kind is not this fold's. */
  protected abstract fold(f: Frame): Change | undefined
  /** Replaces the state. */
  protected abstract begin(snap: unknown): void

  /** Takes the next event, or none if it is a repeat. */
  protected event<T>(f: Frame, shape: Shape, take: (body: T) => Change): Change {
    if (!this.follows(f)) return {}
    const value = body<T>(f, shape)
    this.seq = f.seq ?? 0
    return take(value)
  }

  private snapshot(f: Frame): Change {
    if (f.ep === this.epoch && (f.seq ?? 0) < this.seq) return {}
    const snap = body<unknown>(f, {})
    const before = this.epoch
    this.channel = f.ch ?? ''
    this.epoch = f.ep ?? ''
    this.seq = f.seq ?? 0
    this.renewed = before !== this.epoch
    this.begin(snap)
    return { all: true }
  }

  /** Whether the snapshot being taken begins another life of the channel. */
  protected renewed = true

  private ours(f: Frame): boolean {
    return this.channel ? f.ch === this.channel : family(f.ch ?? '') === this.family
  }

  private follows(f: Frame): boolean {
    const seq = f.seq ?? 0
    if (!this.started()) throw new FoldError('gap')
    if (f.ep && f.ep !== this.epoch) throw new FoldError('epoch')
    if (seq > this.seq + 1) throw new FoldError('gap')
    return seq === this.seq + 1
  }

  /** Steps over an event of a kind that a newer hub invented. */
  private unknown(f: Frame): void {
    if (known(f.k) || (f.seq ?? 0) <= this.seq) return
    if (this.follows(f)) this.seq = f.seq ?? 0
  }
}

/** Descending by id: newer first, as ids rise with time. */
export const newerID = (a: string, b: string): number => (a < b ? 1 : a > b ? -1 : 0)
