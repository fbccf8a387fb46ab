import { describe, expect, it } from 'vitest'
import type { PriceChange } from '@/api/types'
import { curve, maxPoints, series, stepText, steps, timeTexts } from './trend'

const change = (at: string, grade: string, fen: number): PriceChange => ({ at, grade, price_fen_per_l: fen })

/** As the hub gives it: newest first, all grades together. */
const history = [
  change('2026-11-20T16:00:00Z', '92#', 750),
  change('2026-11-06T16:00:00Z', '95#', 812),
  change('2026-11-06T16:00:00Z', '92#', 763),
  change('2026-10-23T16:00:00Z', '92#', 741),
]
const box = { left: 0, top: 10, right: 300, bottom: 110 }

describe('the trend of a price', () => {
  it('S021 the changes of one grade, oldest first, with their effective times', () => {
    expect(series(history, '92#')).toEqual([
      { atMS: Date.parse('2026-10-23T16:00:00Z'), price: 741 },
      { atMS: Date.parse('2026-11-06T16:00:00Z'), price: 763 },
      { atMS: Date.parse('2026-11-20T16:00:00Z'), price: 750 },
    ])
  })

  it('S021 the list says what each change was, newest first', () => {
    const list = steps(series(history, '92#'))
    expect(list.map((s) => [s.price, stepText(s.by)])).toEqual([[750, '降 0.13'], [763, '涨 0.22'], [741, '']])
  })

  it('S021 only the last N changes are drawn, and none that changed nothing', () => {
    const many = Array.from({ length: 20 }, (_, i) => change(new Date(Date.UTC(2026, 0, 1 + i)).toISOString(), '92#', 700 + i))
    const drawn = series([...many].reverse(), '92#')
    expect(drawn).toHaveLength(maxPoints)
    expect(drawn[maxPoints - 1]!.price).toBe(719)
    expect(series([change('2026-11-02T00:00:00Z', '92#', 750), change('2026-11-01T00:00:00Z', '92#', 750)], '92#')).toHaveLength(1)
    expect(series(null, '92#')).toEqual([])
  })

  it('S021 the line goes in steps: a price lasts until the next one, the last until now', () => {
    const { line, dots } = curve(series(history, '92#'), box)
    expect(line).toEqual([
      { x: 0, y: 110 }, { x: 100, y: 110 },
      { x: 100, y: 10 }, { x: 200, y: 10 },
      { x: 200, y: expect.closeTo(69.09, 2) }, { x: 300, y: expect.closeTo(69.09, 2) },
    ])
    expect(dots.map((d) => d.price)).toEqual([741, 763, 750])
  })

  it('S021 one price lies in the middle', () => {
    expect(curve(series(history, '95#'), box).line).toEqual([{ x: 0, y: 60 }, { x: 300, y: 60 }])
  })

  it('S021 times are days, or hours within a day, and the newest are kept where there is no room', () => {
    expect(timeTexts(series(history, '92#'))).toEqual(['10-24', '11-07', '11-21'])
    const day = [change('2026-11-23T03:30:00Z', '92#', 751), change('2026-11-23T01:05:00Z', '92#', 750)]
    expect(timeTexts(series(day, '92#'))).toEqual(['09:05', '11:30'])
    expect(curve(series(history, '92#'), box, 150).times.map((t) => t.text)).toEqual(['10-24', '11-21'])
  })
})
