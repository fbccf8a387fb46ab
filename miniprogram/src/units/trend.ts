/** How the price of a grade has moved, and where that lies on a chart. Whole fen all the way; only pixels are fractions. */
import type { PriceChange } from '@/api/types'
import { perLitre } from './text'
import { clock, date } from './time'

/** A price and since when. */
export interface TrendPoint {
  atMS: number
  price: number
}

/** One change of a price, for a list: what it became and by how much. */
export interface TrendStep extends TrendPoint {
  /** What it is more than before, in fen; undefined for the first that is known. */
  by?: number
}

/** As many changes as a phone's width can show with their prices. */
export const maxPoints = 8

/** The last changes of a grade, oldest first. A change to the same price is none. */
export function series(changes: PriceChange[] | null, grade: string): TrendPoint[] {
  const all = (changes ?? [])
    .filter((c) => c.grade === grade)
    .map<TrendPoint>((c) => ({ atMS: Date.parse(c.at), price: c.price_fen_per_l }))
    .sort((a, b) => a.atMS - b.atMS)
  return all.filter((p, i) => i === 0 || p.price !== all[i - 1]!.price).slice(-maxPoints)
}

/** The same as a list, newest first. */
export function steps(points: TrendPoint[]): TrendStep[] {
  return points.map<TrendStep>((p, i) => (i === 0 ? p : { ...p, by: p.price - points[i - 1]!.price })).reverse()
}

/** "涨 0.10", "降 0.30"; "" for the first. */
export function stepText(by: number | undefined): string {
  return by === undefined ? '' : `${by > 0 ? '涨' : '降'} ${perLitre(Math.abs(by))}`
}

/** What may be drawn on, in pixels. */
export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

/** A mark below the chart: where, and what it says. */
export interface Tick {
  at: number
  text: string
}

/** A step line as it is drawn. */
export interface Curve {
  /** The corners of the line, from the first change to now. */
  line: { x: number; y: number }[]
  /** Where each price began. */
  dots: { x: number; y: number; price: number }[]
  /** When they began, each at least a gap from the one before. */
  times: Tick[]
}

/**
 * Lays a series out in a box. Every price lasts until the next change, the
 * last one until now, so the line goes in steps. Changes are spread evenly:
 * a week without one says no more than an hour. gap is what two times below
 * need between them.
 */
export function curve(points: TrendPoint[], box: Box, gap = 0): Curve {
  const prices = points.map((p) => p.price)
  const low = Math.min(...prices)
  const high = Math.max(...prices)
  const width = (box.right - box.left) / Math.max(1, points.length)
  const x = (i: number) => box.left + i * width
  const y = (price: number) => (high === low ? (box.top + box.bottom) / 2 : box.bottom - ((price - low) / (high - low)) * (box.bottom - box.top))
  const line = points.flatMap((p, i) => [
    { x: x(i), y: y(p.price) },
    { x: x(i + 1), y: y(p.price) },
  ])
  return {
    line,
    dots: points.map((p, i) => ({ x: x(i), y: y(p.price), price: p.price })),
    times: apart(timeTexts(points).map((text, i) => ({ at: x(i), text })), gap),
  }
}

/** Days, or the time of day while all lies on one. */
export function timeTexts(points: TrendPoint[]): string[] {
  const days = points.map((p) => date(p.atMS).slice(5))
  return new Set(days).size > 1 ? days : points.map((p) => clock(p.atMS))
}

/** Leaves out marks that are closer than a gap to the last one kept, from the newest back, and those that say the same as the one before. */
function apart(ticks: Tick[], gap: number): Tick[] {
  const kept: Tick[] = []
  for (const tick of ticks.filter((t, i) => t.text !== ticks[i - 1]?.text).reverse()) {
    if (kept.length === 0 || kept[0]!.at - tick.at >= gap) kept.unshift(tick)
  }
  return kept
}
