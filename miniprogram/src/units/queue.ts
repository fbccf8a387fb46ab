/** How busy a station is, in words. What nobody knows is not guessed. */
import type { Queue } from '@/api/types'
import { age } from './time'

/** How sure what is shown is: true now, or as old as `atMS` (this phone's clock; 0 if that is not known). */
export interface Seen {
  live: boolean
  atMS: number
}

/** Where no nozzle answers, or all are out of use: nobody can tell which of the two. */
const unknown = '排队情况暂时未知'

/** How many nozzles are free, busy and out of use, over all grades. */
export function nozzleCount(queue: Queue): { free: number; busy: number; off: number } {
  const sum = { free: 0, busy: 0, off: 0 }
  for (const g of queue.grades ?? []) {
    sum.free += g.free
    sum.busy += g.busy
    sum.off += g.off
  }
  return sum
}

/** How many minutes a car of a grade is expected to wait; the longest of all where the grade is not sold. */
export function waitMinutes(queue: Queue, grade: string): number {
  const grades = queue.grades ?? []
  const own = grades.find((g) => g.grade === grade)
  return own ? own.wait_minutes ?? 0 : Math.max(0, ...grades.map((g) => g.wait_minutes ?? 0))
}

/**
 * "3 辆等候，约 8 分钟" where somebody counted, else what the nozzles say:
 * "空闲 5 枪", "8 枪都在使用，约 4 分钟". The minutes are those of the grade.
 */
export function queueText(queue: Queue, grade: string): string {
  const { free, busy } = nozzleCount(queue)
  if (free + busy === 0) return unknown
  const minutes = waitMinutes(queue, grade)
  const wait = minutes > 0 ? `，约 ${minutes} 分钟` : ''
  if (queue.counted_at && (queue.waiting ?? 0) > 0) return `${queue.waiting} 辆等候${wait}`
  if (free === 0) return `${busy} 枪都在使用${wait}`
  return `空闲 ${free} 枪${minutes > 0 ? `，${grade} 约 ${minutes} 分钟` : ''}`
}

/** How old that is: of the count if somebody counted, else of the nozzles. hubNowMS is the hub's clock. */
export function queueAge(queue: Queue, seen: Seen, nowMS: number, hubNowMS: number): string {
  if (queue.counted_at && (queue.waiting ?? 0) > 0) return age(queue.counted_at, hubNowMS)
  if (seen.live) return '实时'
  return seen.atMS > 0 ? age(seen.atMS, nowMS) : ''
}

/** The words and their age in one line: "3 辆等候，约 8 分钟 · 2分钟前". */
export function queueLine(queue: Queue, grade: string, seen: Seen, nowMS: number, hubNowMS: number): string {
  const text = queueText(queue, grade)
  const old = text === unknown ? '' : queueAge(queue, seen, nowMS, hubNowMS)
  return text + (old ? ` · ${old}` : '')
}
