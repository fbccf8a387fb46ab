import { describe, expect, it } from 'vitest'
import type { Consumption, TripInterval } from '@/api/types'
import { averageText, bars, costText, gapOf, intervalRows } from './consumption'

function consumption(more: Partial<Consumption>): Consumption {
  return {
    refuels: 0, volume_ml: 0, spent_fen: 0, enough: false, distance_km: 0, burnt_ml: 0, cost_fen: 0, average_per_100km_dl: 0, cost_per_100km_fen: 0,
    intervals: [], months: [], ...more,
  }
}

describe('what a vehicle burns', () => {
  it('S029 is shown in litres for 100 km: 80 L over 1000 km is 8.0', () => {
    expect(averageText(consumption({ enough: true, burnt_ml: 80_000, distance_km: 1000, average_per_100km_dl: 80 }))).toBe('8.0')
  })

  it('S030 is litres and never money: 800 yuan are 8.0 at 10.00 and 10.7 at 7.50, the cost line is the same', () => {
    const dear = consumption({ enough: true, burnt_ml: 80_000, cost_fen: 80_000, distance_km: 1000, average_per_100km_dl: 80, cost_per_100km_fen: 8000 })
    const cheap = consumption({ enough: true, burnt_ml: 106_670, cost_fen: 80_000, distance_km: 1000, average_per_100km_dl: 107, cost_per_100km_fen: 8000 })
    expect([averageText(dear), averageText(cheap)]).toEqual(['8.0', '10.7'])
    expect([costText(dear), costText(cheap)]).toEqual(['80.00', '80.00'])
  })

  it('S031 shows each interval between full tanks: 60 L over 750 km is 8.0', () => {
    const interval: TripInterval = {
      from: 'a', to: 'b', from_at: '2026-10-01T04:00:00Z', to_at: '2026-10-20T04:00:00Z', distance_km: 750, volume_ml: 60_000, cost_fen: 45_000, average_per_100km_dl: 80,
    }
    expect(intervalRows([interval, { ...interval, outlier: true, average_per_100km_dl: 512 }])).toEqual([
      { key: 'a-b', span: '2026-10-01 至 2026-10-20', distance: '750 km', volume: '60.00 L', cost: '450.00', average: '8.0', outlier: false },
      { key: 'a-b', span: '2026-10-01 至 2026-10-20', distance: '750 km', volume: '60.00 L', cost: '450.00', average: '51.2', outlier: true },
    ])
    expect(intervalRows([{ ...interval, to_at: '2026-10-01T09:00:00Z' }])[0]!.span).toBe('2026-10-01')
    expect(intervalRows(null)).toEqual([])
  })

  it.each(['vehicle', 'full', 'odometer', 'outlier', 'something-new', ''])('S032 says in words what %j means, and no number', (missing) => {
    const c = consumption({ missing, average_per_100km_dl: 0 })
    expect(averageText(c)).toBe('—')
    expect(costText(c)).toBe('—')
    expect(gapOf(c)!.title).not.toBe('')
    expect(gapOf(c)!.hint).not.toBe('')
  })

  it('S032 has nothing to say where there is a figure, and no figure before the hub answered', () => {
    expect(gapOf(consumption({ enough: true, average_per_100km_dl: 80 }))).toBeUndefined()
    expect(averageText(undefined)).toBe('—')
  })
})

describe('months as bars', () => {
  const month = (name: string, spent_fen: number, volume_ml: number) => ({ month: name, refuels: 1, spent_fen, volume_ml })

  it('are as long as their share of the largest, money and litres apart', () => {
    const drawn = bars([month('2026-11', 50_000, 60_000), month('2026-10', 100_000, 40_000)])
    expect(drawn.map((b) => [b.spentPercent, b.volumePercent])).toEqual([[50, 100], [100, 67]])
    expect(drawn[0]).toMatchObject({ label: '11月', spent: '500.00', volume: '60.00' })
  })

  it('name the year where there are two, and show a little of little and nothing of nothing', () => {
    const drawn = bars([month('2026-01', 1, 0), month('2025-12', 100_000, 40_000)])
    expect(drawn.map((b) => b.label)).toEqual(['26年1月', '25年12月'])
    expect([drawn[0]!.spentPercent, drawn[0]!.volumePercent]).toEqual([2, 0])
    expect(bars([])).toEqual([])
  })
})
