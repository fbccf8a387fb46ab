/** What a litre costs, as the nozzles have it: the board's price is a wish, the dispenser's is what is paid. */
import type { GradePrice, Pump, Tariff } from '@/api/types'
import { perLitre } from './text'

/** The grade that most cars take; it is shown large until the driver prefers another. */
export const usualGrade = '92#'

/** What is shown for a grade. */
export interface Shown {
  /** What a litre costs, in fen. */
  price: number
  /** What the board says, in fen. */
  board: number
  /** One line for each other price that nozzles show, in words. */
  lines: string[]
}

/**
 * What is shown for a grade: the board's price, unless every nozzle in use
 * shows another. Then it is theirs: the one that most of them show, the dearer
 * of two. undefined if the station does not sell the grade.
 */
export function shownPrice(grade: string, tariff: Tariff, pumps: Pump[] | null): Shown | undefined {
  const board = (tariff.prices ?? []).find((p) => p.grade === grade)?.price_fen_per_l
  if (board === undefined) return undefined
  const byPrice = pricesOf(grade, pumps ?? [])
  const others = [...byPrice.keys()].filter((price) => price !== board).sort((a, b) => a - b)
  const lines = others.map((price) => mismatch(byPrice.get(price)!, price, board))
  if (others.length === 0 || byPrice.has(board)) return { price: board, board, lines }
  const most = others.reduce((best, price) => (byPrice.get(price)!.length >= byPrice.get(best)!.length ? price : best))
  return { price: most, board, lines }
}

/** The nozzles of a grade that are in use and whose price is known, by what they show. */
function pricesOf(grade: string, pumps: Pump[]): Map<number, number[]> {
  const byPrice = new Map<number, number[]>()
  for (const pump of pumps) {
    const price = pump.price_fen_per_l ?? 0
    if (pump.grade !== grade || pump.state === 'off' || price === 0) continue
    byPrice.set(price, [...(byPrice.get(price) ?? []), pump.number])
  }
  return byPrice
}

/** "3号枪显示 7.85，与牌价 7.80 不同，以油枪为准". */
function mismatch(nozzles: number[], price: number, board: number): string {
  return `${nozzles.join('、')}号枪显示 ${perLitre(price)}，与牌价 ${perLitre(board)} 不同，以油枪为准`
}

/** A grade and what is shown for it. */
export interface GradeRow extends Shown {
  grade: string
  name: string
}

/** Every grade that a station sells, in its own order. */
export function gradeRows(tariff: Tariff, pumps: Pump[] | null): GradeRow[] {
  return (tariff.prices ?? []).map((p: GradePrice) => ({ grade: p.grade, name: p.name, ...shownPrice(p.grade, tariff, pumps)! }))
}

/** The grade to show large: the one preferred, else the usual one, else the first that is sold. */
export function mainGrade(tariff: Tariff, preferred: string): string {
  const sold = (tariff.prices ?? []).map((p) => p.grade)
  return [preferred, usualGrade].find((g) => sold.includes(g)) ?? sold[0] ?? usualGrade
}

/** What a litre costs at one nozzle: what it shows, else what the board says; 0 if neither is known. */
export function nozzlePrice(number: number, grade: string, tariff: Tariff, pumps: Pump[] | null): number {
  const own = (pumps ?? []).find((p) => p.number === number)?.price_fen_per_l
  return own || shownPrice(grade, tariff, pumps)?.price || 0
}
