import { describe, expect, it, vi } from 'vitest'
import type { StationCard, StationSnap } from '@/api/types'

vi.mock('@dcloudio/uni-app', () => ({ onShow: () => {}, onHide: () => {}, onUnload: () => {} }))
vi.mock('./live', () => ({ useLive: () => ({}) }))
vi.mock('./stations', () => ({ useStations: () => ({}) }))
const { viewOf } = await import('./station-view')

const since = '2026-11-23T01:00:00Z'
const price = (fen: number) => ({ since, prices: [{ grade: '92#', name: '92号汽油', price_fen_per_l: fen }] })
const card: StationCard = { id: 'S1', name: '示范站', address: '人民中路', offers: [], pumps: [], queue: { grades: [] }, tariff: price(750) }
const snap: StationSnap = { station: '示范站', pumps: [], queue: { grades: [{ grade: '92#', free: 2, busy: 0, off: 0 }] }, tariff: price(745) }

describe('a station as it is now', () => {
  it('the card is shown until the channel speaks, with its age', () => {
    const view = viewOf(card, 5000, undefined, true, 9000)
    expect(view.card.tariff.prices![0]!.price_fen_per_l).toBe(750)
    expect(view.seen).toEqual({ live: false, atMS: 5000 })
  })

  it('S020 what is live wins, and keeps what only the card has', () => {
    const view = viewOf(card, 5000, snap, true, 4000)
    expect(view.card).toMatchObject({ address: '人民中路', queue: { grades: [{ free: 2 }] }, tariff: { prices: [{ price_fen_per_l: 745 }] } })
    expect(view.seen.live).toBe(true)
  })

  it('S006 without a line what was heard last is shown, and how old it is', () => {
    expect(viewOf(card, 5000, snap, false, 9000)).toMatchObject({ card: { tariff: { prices: [{ price_fen_per_l: 745 }] } }, seen: { live: false, atMS: 9000 } })
    expect(viewOf(card, 10_000, snap, false, 9000)).toMatchObject({ card: { tariff: { prices: [{ price_fen_per_l: 750 }] } }, seen: { live: false, atMS: 10_000 } })
  })

  it('S006 a forecourt that is not heard of says nothing of its queue', () => {
    const busy: StationCard = { ...card, queue: { grades: [{ grade: '92#', free: 0, busy: 0, off: 4 }] } }
    expect(viewOf(busy, 5000, undefined, true, 0).card.queue.grades).toEqual([])
    expect(viewOf({ ...busy, seen_at: since }, 5000, undefined, true, 0).card.queue.grades).toHaveLength(1)
  })

  it('a channel that knows no prices yet leaves those of the card', () => {
    const empty: StationSnap = { ...snap, tariff: { since, prices: [] } }
    expect(viewOf(card, 5000, empty, true, 9000).card.tariff.prices![0]!.price_fen_per_l).toBe(750)
  })
})
