/** The times that records are asked for, in days of the station's zone. */
import { dayEnd, dayStart, monthsBefore } from './time'

/** So many months back from today, or from one day to another. */
export type RangeKind = '1m' | '3m' | '12m' | 'own'

/** A time that was chosen: the first day and the last, both of them included. */
export interface Range {
  kind: RangeKind
  from: string
  until: string
}

const months: Record<Exclude<RangeKind, 'own'>, number> = { '1m': 1, '3m': 3, '12m': 12 }

/** How a kind is called. */
export const rangeName: Record<RangeKind, string> = { '1m': '近一个月', '3m': '近三个月', '12m': '近一年', own: '自定义' }

/** The time of a kind that ends today. */
export function rangeUpTo(kind: Exclude<RangeKind, 'own'>, today: string): Range {
  return { kind, from: monthsBefore(today, months[kind]), until: today }
}

/** The time between two days, in whichever order they are given. */
export function ownRange(a: string, b: string): Range {
  return a <= b ? { kind: 'own', from: a, until: b } : { kind: 'own', from: b, until: a }
}

/** A range as the hub is asked: until is the first instant that is too late.
 *  One that ends today has no end, so that what comes next belongs to it. */
export function asked(range: Range): { from: string; until?: string } {
  const from = dayStart(range.from)
  return range.kind === 'own' ? { from, until: dayEnd(range.until) } : { from }
}

/** Whether an instant lies within a range. */
export function within(at: string, range: Range): boolean {
  const { from, until } = asked(range)
  const ms = Date.parse(at)
  return ms >= Date.parse(from) && (until === undefined || ms < Date.parse(until))
}

/** A range for people: "2026-08-23 至 2026-11-23". */
export const rangeText = (range: Range): string => (range.from === range.until ? range.from : `${range.from} 至 ${range.until}`)
