import { describe, expect, it } from 'vitest'
import type { Offer, Pump, StationCard } from '@/api/types'
import { compareStations, differenceText } from './compare'

const since = '2026-11-23T01:00:00Z'
const offer = (kind: string): Offer => ({ id: `o-${kind}`, kind, title: kind, from: since, until: '2026-12-23T01:00:00Z' })

function station(id: string, fen: number, offers: Offer[] = [], pumps: Pump[] = []): StationCard {
  return {
    id, name: `${id}站`, offers, pumps, queue: { grades: [] },
    tariff: { since, prices: [{ grade: '95#', name: '95号汽油', price_fen_per_l: fen }] },
  }
}

describe('comparing stations', () => {
  it('S025 A at 7.80 with a recharge offer ranks before B at 8.00 and shows 0.20', () => {
    const rows = compareStations([station('B', 800), station('A', 780, [offer('recharge')])], '95#', 'A')
    expect(rows.map((r) => r.id)).toEqual(['A', 'B'])
    expect(rows[0]!.here).toBe(true)
    expect(rows[0]!.offers.map((o) => o.kind)).toEqual(['recharge'])
    expect(differenceText(rows[1]!.difference!)).toBe('贵 0.20')
  })

  it('S025 seen from B, A is cheaper by 0.20', () => {
    const rows = compareStations([station('B', 800), station('A', 780, [offer('recharge')])], '95#', 'B')
    expect(rows.map((r) => differenceText(r.difference!))).toEqual(['便宜 0.20', '同价'])
  })

  it('S025 at the same price an offer to recharge or a discount comes first, a gift or news does not', () => {
    const cards = [station('A', 800, [offer('gift'), offer('news')]), station('B', 800, [offer('discount')]), station('C', 800)]
    expect(compareStations(cards, '95#', 'A').map((r) => r.id)).toEqual(['B', 'A', 'C'])
  })

  it('S025 an offer never outranks a lower price', () => {
    expect(compareStations([station('A', 800, [offer('recharge')]), station('B', 799)], '95#', 'A').map((r) => r.id)).toEqual(['B', 'A'])
  })

  it('S025 S026 what the nozzles show is what is compared', () => {
    const pump: Pump = { number: 1, grade: '95#', state: 'free', since, price_fen_per_l: 810 }
    const rows = compareStations([station('A', 780, [], [pump]), station('B', 800)], '95#', 'A')
    expect(rows.map((r) => [r.id, r.price])).toEqual([['B', 800], ['A', 810]])
  })

  it('S025 who does not sell the grade is left out, and without an own price there is no difference', () => {
    expect(compareStations([station('A', 780)], '98#', 'A')).toEqual([])
    const diesel: StationCard = { ...station('D', 700), tariff: { since, prices: [] } }
    expect(compareStations([diesel, station('A', 780)], '95#', 'D')[0]!.difference).toBeUndefined()
  })
})
