import { describe, expect, it } from 'vitest'
import type { Pump, Tariff } from '@/api/types'
import { gradeRows, mainGrade, nozzlePrice, shownPrice } from './price'
import { perLitre } from './text'

const since = '2026-11-23T01:00:00Z'
const tariff: Tariff = {
  since,
  prices: [
    { grade: '92#', name: '92号汽油', price_fen_per_l: 750 },
    { grade: '95#', name: '95号汽油', price_fen_per_l: 780 },
    { grade: '98#', name: '98号汽油', price_fen_per_l: 900 },
    { grade: '0#', name: '0号柴油', price_fen_per_l: 716 },
    { grade: '-10#', name: '-10号柴油', price_fen_per_l: 760 },
  ],
}
const pump = (number: number, grade: string, price?: number, state = 'free'): Pump => ({
  number, grade, state, since, ...(price ? { price_fen_per_l: price } : {}),
})

describe('prices', () => {
  it('S020 every grade of the station with two decimals, in its order', () => {
    const rows = gradeRows(tariff, [])
    expect(rows.map((r) => `${r.grade} ${perLitre(r.price)}`)).toEqual(['92# 7.50', '95# 7.80', '98# 9.00', '0# 7.16', '-10# 7.60'])
  })

  it('S020 the preferred grade is the large one, if it is sold', () => {
    expect(mainGrade(tariff, '')).toBe('92#')
    expect(mainGrade(tariff, '0#')).toBe('0#')
    expect(mainGrade(tariff, '-35#')).toBe('92#')
    expect(mainGrade({ since, prices: [{ grade: '0#', name: '0号柴油', price_fen_per_l: 716 }] }, '')).toBe('0#')
  })
})

describe('what the dispenser shows', () => {
  it('S026 one nozzle that differs is named beside the price', () => {
    const shown = shownPrice('95#', tariff, [pump(3, '95#', 785), pump(4, '95#', 780), pump(1, '92#', 750)])!
    expect(shown.price).toBe(780)
    expect(shown.lines).toEqual(['3号枪显示 7.85，与牌价 7.80 不同，以油枪为准'])
  })

  it('S026 hub 7.80 and every pump 7.85: the pumps\' price is shown', () => {
    const shown = shownPrice('95#', tariff, [pump(3, '95#', 785), pump(5, '95#', 785), pump(6, '95#')])!
    expect(shown).toEqual({ price: 785, board: 780, lines: ['3、5号枪显示 7.85，与牌价 7.80 不同，以油枪为准'] })
  })

  it('S026 pumps that differ among themselves: what most show, the dearer of two', () => {
    expect(shownPrice('95#', tariff, [pump(1, '95#', 785), pump(2, '95#', 770), pump(3, '95#', 770)])!.price).toBe(770)
    const two = shownPrice('95#', tariff, [pump(1, '95#', 785), pump(2, '95#', 770)])!
    expect(two.price).toBe(785)
    expect(two.lines).toHaveLength(2)
  })

  it('S026 a nozzle out of use, of another grade or not known says nothing', () => {
    const shown = shownPrice('95#', tariff, [pump(1, '95#', 785, 'off'), pump(2, '92#', 785), pump(3, '95#')])!
    expect(shown).toEqual({ price: 780, board: 780, lines: [] })
    expect(shownPrice('95#', tariff, null)!.price).toBe(780)
  })

  it('S026 agreement leaves no line, and a grade not sold has no price', () => {
    expect(shownPrice('92#', tariff, [pump(1, '92#', 750)])!.lines).toEqual([])
    expect(shownPrice('-20#', tariff, [])).toBeUndefined()
  })

  it('S026 at a nozzle its own price counts', () => {
    expect(nozzlePrice(3, '95#', tariff, [pump(3, '95#', 785), pump(4, '95#', 780)])).toBe(785)
    expect(nozzlePrice(4, '95#', tariff, [pump(4, '95#')])).toBe(780)
    expect(nozzlePrice(9, '-20#', tariff, [])).toBe(0)
  })
})
