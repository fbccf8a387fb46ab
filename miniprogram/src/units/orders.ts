/** A member's sales as the pages of records draw them. Nothing here asks or keeps anything. */
import type { FeeLine, MonthOfFuel, Order } from '@/api/types'
import { feeWord, tenderWord } from '@/words/records'
import { newerID } from '@/mirror/place'
import { within, type Range } from './range'
import { litres, perLitre, yuan } from './text'
import { parts, stamp } from './time'

/** When a sale belongs to: when it ended, or began while it runs. */
export const orderAt = (o: Order): string => o.ended_at || o.started_at

/**
 * What was read page by page and what is live, as one list without doubles,
 * newest first. What is live wins where it is known to be true now. It adds
 * only what the range holds, and nothing older than the last page as long as
 * there are more: that comes in its turn.
 */
export function mergeOrders(held: Order[], live: Order[], range: Range, more: boolean, fresh: boolean): Order[] {
  const bySale = new Map(held.map((o) => [o.sale, o]))
  const last = more ? held[held.length - 1]?.sale : undefined
  for (const o of live) {
    if (bySale.has(o.sale) ? fresh : within(orderAt(o), range) && (last === undefined || o.sale > last)) bySale.set(o.sale, o)
  }
  return [...bySale.values()].sort((a, b) => newerID(a.sale, b.sale))
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** The id right after one: to ask the list for exactly one sale, which it gives before an id. */
export function following(id: string): string {
  const letters = id.split('')
  for (let i = letters.length - 1; i >= 0; i--) {
    const n = alphabet.indexOf(letters[i]!)
    if (n < 0) return id
    if (n < 31) {
      letters[i] = alphabet[n + 1]!
      return letters.join('')
    }
    letters[i] = '0'
  }
  return id
}

/** What a sale came to, paid or owed; undefined if it is not charged. */
export function charged(o: Order): number | undefined {
  if (o.state === 'paid') return o.paid_fen
  return o.state === 'unpaid' ? o.due_fen : undefined
}

/** A month of records and its sums, as far as they are known. */
export interface MonthGroup {
  month: string
  orders: Order[]
  sum?: MonthOfFuel
}

/** The month of the station's calendar that a sale belongs to: "2026-11". */
export function monthOf(o: Order): string {
  const p = parts(orderAt(o))
  return `${p.year}-${String(p.month).padStart(2, '0')}`
}

/**
 * Orders in groups of months, newest first. The sums are the hub's; where it
 * gave none they are added up here, but not for the last month as long as
 * there may be more of it.
 */
export function months(orders: Order[], sums: MonthOfFuel[] | null | undefined, more: boolean): MonthGroup[] {
  const groups: MonthGroup[] = []
  for (const o of orders) {
    const month = monthOf(o)
    const group = groups.find((g) => g.month === month)
    if (group) group.orders.push(o)
    else groups.push({ month, orders: [o] })
  }
  groups.forEach((g, i) => {
    const whole = !more || i < groups.length - 1
    g.sum = sums?.find((s) => s.month === g.month) ?? (whole ? sumUp(g) : undefined)
  })
  return groups
}

function sumUp(g: MonthGroup): MonthOfFuel {
  const sum: MonthOfFuel = { month: g.month, refuels: 0, volume_ml: 0, spent_fen: 0 }
  for (const o of g.orders) {
    const fen = charged(o)
    if (fen === undefined) continue
    sum.refuels++
    sum.volume_ml += o.volume_ml
    sum.spent_fen += fen
  }
  return sum
}

/** A line of what a sale costs. */
export interface CostLine {
  key: string
  label: string
  fen: number
  note: string
  /** A part of the line above, or what it all comes to. */
  weight: 'plain' | 'part' | 'strong'
}

/** The kinds of lines that take off. */
const offs = ['discount', 'campaign', 'coupon', 'points']

/**
 * How a sale is made up, so that every line follows from those above: what the
 * dispenser says, what is taken off (also when that is nothing), what is owed
 * and what was paid. Lines are the hub's; without them the order tells.
 */
export function madeUp(o: Order, lines?: FeeLine[] | null): CostLine[] {
  const of = (kind: string) => lines?.find((l) => l.kind === kind)
  const cost = charged(o)
  const free = cost === undefined && o.state !== 'drive_off'
  const due = of('due')?.amount_fen ?? cost ?? (free ? 0 : o.due_fen || o.amount_fen)
  const parts = (lines ?? []).filter((l) => offs.includes(l.kind) && l.amount_fen !== 0)
  const off = free ? -o.amount_fen : due - o.amount_fen
  return [
    line('gross', feeWord('gross'), o.amount_fen, `${litres(o.volume_ml)} L × ${perLitre(o.price_fen_per_l)}`),
    line('off', free ? '不收费' : '优惠', off, ''),
    ...(free ? [] : parts.map((l) => line(l.kind, feeWord(l.kind), l.amount_fen, l.note ?? '', 'part'))),
    line('due', feeWord('due'), due, ''),
    line('paid', feeWord('paid'), o.paid_fen, o.paid_fen ? tenderWord(o.tender) : '', 'strong'),
  ]
}

function line(key: string, label: string, fen: number, note: string, weight: CostLine['weight'] = 'plain'): CostLine {
  return { key, label, fen, note, weight }
}

/** The seven things that a record holds (and two more), as label and text. */
export function fields(o: Order): { key: string; label: string; text: string }[] {
  return [
    { key: 'time', label: '加油时间', text: stamp(orderAt(o)) },
    { key: 'station', label: '加油站', text: o.station_name },
    { key: 'grade', label: '油品', text: o.grade },
    { key: 'amount', label: '加油金额', text: `¥${yuan(o.amount_fen)}` },
    { key: 'volume', label: '加油量', text: `${litres(o.volume_ml)} L` },
    { key: 'price', label: '单价', text: `${perLitre(o.price_fen_per_l)} 元/L` },
    { key: 'payment', label: '支付方式', text: charged(o) === undefined && o.state !== 'drive_off' ? '不收费' : tenderWord(o.tender) },
    { key: 'nozzle', label: '油枪', text: `${o.nozzle} 号` },
    { key: 'number', label: '订单号', text: o.number },
  ]
}

/** Whether a member may note a trip beside a sale: it has ended, and fuel went into a tank. */
export const canNote = (o: Order): boolean => !['open', 'test', 'void'].includes(o.state)

/** The highest odometer noted for a vehicle before a sale; zero if there is none. */
export function readingBefore(orders: Order[], sale: string, vehicle: string): number {
  return orders.reduce((most, o) => (o.sale < sale && o.trip?.vehicle === vehicle ? Math.max(most, o.trip.odometer_km ?? 0) : most), 0)
}
