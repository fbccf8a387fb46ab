import { describe, expect, it } from 'vitest'
import type { Order } from '@/api/types'
import { charged, fields, following, madeUp, mergeOrders, months, readingBefore } from './orders'
import { rangeUpTo } from './range'

const id = (n: number) => `01KAW000000000000000000${String(n).padStart(3, '0')}`
const range = rangeUpTo('1m', '2026-11-23')

function order(n: number, more: Partial<Order> = {}): Order {
  return {
    sale: id(n), number: `1123-${n}`, station: '01ST', station_name: '昆明示范加油站', nozzle: 3, grade: '92#', state: 'paid',
    volume_ml: 26_667, amount_fen: 20_000, price_fen_per_l: 750, due_fen: 0, paid_fen: 20_000, tender: 'cash',
    started_at: '2026-11-20T04:00:00Z', ended_at: '2026-11-20T04:02:11Z', paid_at: '2026-11-20T04:03:00Z', ...more,
  }
}

const sales = (list: Order[]) => list.map((o) => o.sale)

describe('merging what was read and what is live', () => {
  it('holds each sale once, newest first, the live one where it is true now', () => {
    const held = [order(3, { state: 'unpaid' }), order(1)]
    const live = [order(4), order(3)]
    expect(sales(mergeOrders(held, live, range, false, true))).toEqual([id(4), id(3), id(1)])
    expect(mergeOrders(held, live, range, false, true)[1]!.state).toBe('paid')
    expect(mergeOrders(held, live, range, false, false)[1]!.state).toBe('unpaid')
  })

  it('adds nothing that the range does not hold', () => {
    const old = order(2, { ended_at: '2026-10-01T04:00:00Z' })
    expect(sales(mergeOrders([order(3)], [old], range, false, true))).toEqual([id(3)])
  })

  it('leaves no hole: older ones come with their page', () => {
    const held = [order(9), order(8)]
    const live = [order(9), order(8), order(2)]
    expect(sales(mergeOrders(held, live, range, true, true))).toEqual([id(9), id(8)])
    expect(sales(mergeOrders(held, live, range, false, true))).toEqual([id(9), id(8), id(2)])
  })

  it('is the same however often and changes nothing that it is given', () => {
    const held = [order(3), order(1)]
    const live = [order(2)]
    const once = mergeOrders(held, live, range, false, true)
    expect(mergeOrders(once, live, range, false, true)).toEqual(once)
    expect(sales(held)).toEqual([id(3), id(1)])
  })

  it('a running sale belongs to when it began', () => {
    const running = order(7, { state: 'open', ended_at: undefined, started_at: '2026-11-23T04:00:00Z' })
    expect(sales(mergeOrders([], [running], range, false, true))).toEqual([id(7)])
  })
})

describe('the id that follows', () => {
  it.each([
    ['01A0', '01A1'],
    ['01A9', '01AA'],
    ['01AH', '01AJ'], // no I
    ['01AZ', '01B0'],
    ['01ZZ', '0200'],
  ])('%s: %s', (one, next) => {
    expect(following(one)).toBe(next)
    expect(next > one).toBe(true)
  })
})

describe('months', () => {
  const november = [order(5), order(4, { state: 'unpaid', paid_fen: 0, due_fen: 10_000, volume_ml: 13_333 }), order(3, { state: 'quarantined', paid_fen: 0 })]
  const october = order(2, { ended_at: '2026-10-20T04:00:00Z' })

  it('are the station’s: 16:30 UTC on the last day is the next month', () => {
    const groups = months([order(6, { ended_at: '2026-10-31T16:30:00Z' })], null, false)
    expect(groups.map((g) => g.month)).toEqual(['2026-11'])
  })

  it('sum what is charged, and nothing that is in doubt', () => {
    const [first] = months(november, null, false)
    expect(first!.sum).toEqual({ month: '2026-11', refuels: 2, volume_ml: 40_000, spent_fen: 30_000 })
  })

  it('take the hub’s sums, and say nothing of a month that may go on', () => {
    const hub = { month: '2026-11', refuels: 9, volume_ml: 1, spent_fen: 2 }
    const groups = months([...november, october], [hub], true)
    expect(groups[0]!.sum).toBe(hub)
    expect(groups[1]!.sum).toBeUndefined()
    expect(months([...november, october], [hub], false)[1]!.sum?.refuels).toBe(1)
  })
})

describe('what a sale costs', () => {
  const lines = (o: Order, given?: Parameters<typeof madeUp>[1]) => madeUp(o, given).map((l) => [l.label, l.fen])

  it('C012 shows the dispenser’s amount, the discount and what was paid, also when nothing is taken off', () => {
    expect(lines(order(1))).toEqual([['油枪金额', 20_000], ['优惠', 0], ['应付', 20_000], ['实付', 20_000]])
  })

  it('C012 names each thing that takes off, and the lines come to what is owed', () => {
    const given = [
      { kind: 'gross', amount_fen: 30_000 }, { kind: 'discount', amount_fen: 0 }, { kind: 'campaign', amount_fen: -1200, note: '周三优惠' },
      { kind: 'coupon', amount_fen: -500 }, { kind: 'points', amount_fen: 0 }, { kind: 'due', amount_fen: 28_300 }, { kind: 'paid', amount_fen: 28_300, note: 'cash' },
    ]
    const o = order(1, { amount_fen: 30_000, paid_fen: 28_300 })
    expect(lines(o, given)).toEqual([
      ['油枪金额', 30_000], ['优惠', -1700], ['活动优惠', -1200], ['优惠券', -500], ['应付', 28_300], ['实付', 28_300],
    ])
    expect(lines(o)).toEqual([['油枪金额', 30_000], ['优惠', -1700], ['应付', 28_300], ['实付', 28_300]])
  })

  it('C012 says that a doubtful sale is not charged', () => {
    const o = order(1, { state: 'quarantined', paid_fen: 0, tender: undefined })
    expect(lines(o)).toEqual([['油枪金额', 20_000], ['不收费', -20_000], ['应付', 0], ['实付', 0]])
    expect(charged(o)).toBeUndefined()
  })

  it('an unpaid one is owed and not yet paid', () => {
    const o = order(1, { state: 'unpaid', paid_fen: 0, due_fen: 20_000, tender: undefined })
    expect(lines(o)).toEqual([['油枪金额', 20_000], ['优惠', 0], ['应付', 20_000], ['实付', 0]])
  })
})

describe('a record', () => {
  it('S027 holds time, station, grade, amount, litres, price and payment as the dispenser and the till gave them', () => {
    const shown = Object.fromEntries(fields(order(1)).map((f) => [f.key, f.text]))
    expect(shown).toEqual({
      time: '2026-11-20 12:02:11', station: '昆明示范加油站', grade: '92#', amount: '¥200.00', volume: '26.67 L', price: '7.50 元/L',
      payment: '现金', nozzle: '3 号', number: '1123-1',
    })
  })

  it('S027 says when it is not paid', () => {
    const shown = fields(order(1, { state: 'unpaid', tender: undefined }))
    expect(shown.find((f) => f.key === 'payment')!.text).toBe('未付款')
  })

  it('knows the last reading of the vehicle before it', () => {
    const list = [
      order(5, { trip: { vehicle: 'a', full: true, odometer_km: 10_750 } }), order(4, { trip: { vehicle: 'b', full: true, odometer_km: 99_000 } }),
      order(3, { trip: { vehicle: 'a', full: false, odometer_km: 10_300 } }), order(2, { trip: { vehicle: 'a', full: true } }),
    ]
    expect(readingBefore(list, id(5), 'a')).toBe(10_300)
    expect(readingBefore(list, id(2), 'a')).toBe(0)
  })
})
