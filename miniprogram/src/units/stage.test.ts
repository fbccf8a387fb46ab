import { describe, expect, it } from 'vitest'
import type { Claim, DriverSnap, Fuelling, Member, Order } from '@/api/types'
import { countdown, figuresMS, missingMS, recentMS, remember, stageOf, waitingName, type Memory } from './stage'

const now = Date.parse('2026-11-23T09:00:00Z')
const at = (ms: number) => new Date(now + ms).toISOString()
const minute = 60_000

const claim: Claim = { id: 'C1', station: 'S1', station_name: '昆明示范加油站', nozzle: 3, grade: '92#', until: at(10 * minute) }
const nothing: Memory = { claimedMS: 0, sale: '', done: '', missingSince: 0 }
const claimed: Memory = { ...nothing, claim, claimedMS: now }

function fuelling(rest: Partial<Fuelling> = {}): Fuelling {
  return { station: 'S1', nozzle: 3, grade: '92#', state: 'fuelling', volume_ml: 0, amount_fen: 0, price_fen_per_l: 750, seen_at: at(0), ...rest }
}
function order(rest: Partial<Order> = {}): Order {
  return {
    sale: 'A1', number: '0007', station: 'S1', station_name: '昆明示范加油站', nozzle: 3, grade: '92#', state: 'unpaid',
    volume_ml: 26667, amount_fen: 20000, price_fen_per_l: 750, due_fen: 20000, paid_fen: 0, started_at: at(minute), ended_at: at(2 * minute), ...rest,
  }
}
function snap(run?: Fuelling, orders: Order[] = []): DriverSnap {
  return { member: { id: 'M1' } as Member, threads: [], orders, ...(run ? { fuelling: run } : {}) }
}
const kind = (m: Memory, s: DriverSnap | undefined, ms = 0, fresh = true) => stageOf(m, s, fresh, now + ms).kind

describe('before fuel runs', () => {
  it('C006 a code is entered, wherever the phone is', () => {
    expect(kind(nothing, undefined)).toBe('enter')
    expect(kind(nothing, snap())).toBe('enter')
  })

  it('a claim waits at its nozzle, also before the hub has spoken and without a line', () => {
    expect(stageOf(claimed, undefined, false, now)).toMatchObject({ kind: 'waiting', nozzle: 3, grade: '92#', untilMS: now + 10 * minute })
    expect(stageOf(claimed, snap(fuelling({ state: 'calling' })), true, now)).toMatchObject({
      kind: 'waiting', state: 'calling', price: 750, stationName: '昆明示范加油站', untilMS: now + 10 * minute,
    })
  })

  it('a nozzle that the hub knew another way to be ours waits without an end', () => {
    expect(stageOf(nothing, snap(fuelling({ state: 'idle', nozzle: 5 })), true, now)).toMatchObject({ kind: 'waiting', nozzle: 5, untilMS: 0 })
  })

  it('a claim that was not used in time says so', () => {
    expect(stageOf(claimed, snap(), true, now + 10 * minute)).toMatchObject({ kind: 'expired', late: true })
  })

  it('without a line nobody knows whether fuel runs by now', () => {
    expect(kind(claimed, snap(), 10 * minute, false)).toBe('waiting')
    expect(kind(claimed, undefined, 10 * minute, true)).toBe('waiting')
  })

  it('a nozzle that is ours no more says so, but not while the hub gathers itself', () => {
    const stood = remember(claimed, snap(fuelling({ state: 'idle' })), now)
    expect(stood.missingSince).toBe(0)
    const lost = remember(stood, snap(), now + 1000)
    expect(kind(lost, snap(), 1000 + missingMS - 1)).toBe('waiting')
    expect(stageOf(lost, snap(), true, now + 1000 + missingMS)).toMatchObject({ kind: 'expired', late: false })
    expect(kind(lost, snap(), 60_000, false)).toBe('waiting')
    expect(kind(remember(lost, snap(fuelling({ state: 'idle' })), now + 2000), snap(fuelling({ state: 'idle' })), 60_000)).toBe('waiting')
  })

  it('an earlier sale does not stand in the way of the next nozzle', () => {
    const before = { ...claimed, sale: 'A0' }
    expect(kind(before, snap(fuelling({ state: 'idle' }), [order({ sale: 'A0', started_at: at(-3 * minute), ended_at: at(-minute) })]))).toBe('waiting')
    expect(remember(before, snap(fuelling({ state: 'idle' })), now).sale).toBe('')
  })
})

describe('while fuel runs', () => {
  it('the hub\'s figures are shown, whichever way it found the driver', () => {
    const s = snap(fuelling({ sale: 'A1', volume_ml: 5000, amount_fen: 3750 }))
    expect(stageOf(remember(nothing, s, now), s, true, now)).toMatchObject({ kind: 'running', ending: false, figures: { amount: 3750, volume: 5000, price: 750 } })
  })

  it('numbers never jump backwards within a sale, and begin again with the next', () => {
    const run = (amount: number, volume: number, sale = 'A1') => snap(fuelling({ sale, amount_fen: amount, volume_ml: volume }))
    let m = remember(nothing, run(3750, 5000), now)
    m = remember(m, run(3000, 4000), now)
    expect(m.figures).toMatchObject({ amount: 3750, volume: 5000 })
    m = remember(m, run(4500, 6000), now)
    expect(m.figures).toMatchObject({ amount: 4500, volume: 6000 })
    expect(remember(m, run(75, 100, 'A2'), now).figures).toMatchObject({ amount: 75, sale: 'A2' })
  })

  it('fuel that ran before the nozzle was claimed is ours before its first figures come', () => {
    const m = { ...claimed, claim: { ...claim, sale: 'A1' }, sale: 'A1' }
    expect(stageOf(m, snap(), true, now)).toMatchObject({ kind: 'running', figures: { sale: 'A1', nozzle: 3 } })
  })

  it('between the end and the order the last figures stay', () => {
    const m = remember(nothing, snap(fuelling({ sale: 'A1', amount_fen: 20000, volume_ml: 26667 })), now)
    expect(stageOf(m, snap(), true, now + 1000)).toMatchObject({ kind: 'running', ending: true, figures: { amount: 20000 } })
    expect(kind(m, snap(), figuresMS)).toBe('enter')
  })

  it('an order that runs is shown though the figures are away', () => {
    const running = order({ state: 'open', ended_at: undefined, amount_fen: 0, volume_ml: 0 })
    expect(stageOf(nothing, snap(undefined, [running]), true, now)).toMatchObject({ kind: 'running', ending: false, figures: { sale: 'A1' } })
  })
})

describe('when it is over', () => {
  it('the order of this sale appears and stays when it is paid', () => {
    const m = remember(nothing, snap(fuelling({ sale: 'A1' })), now)
    expect(stageOf(m, snap(undefined, [order()]), true, now)).toMatchObject({ kind: 'over', order: { amount_fen: 20000, state: 'unpaid' } })
    expect(stageOf(m, snap(undefined, [order({ state: 'paid', tender: 'cash' })]), true, now + recentMS)).toMatchObject({ kind: 'over', order: { tender: 'cash' } })
  })

  it('it is found by its claim when the page slept all along', () => {
    const slept = stageOf(claimed, snap(undefined, [order({ state: 'paid' })]), true, now + 20 * minute)
    expect(slept).toMatchObject({ kind: 'over', order: { sale: 'A1' } })
  })

  it('its order goes before a waiting whose end was never heard', () => {
    const s = snap(fuelling({ state: 'idle' }), [order()])
    expect(stageOf(remember(claimed, s, now), s, true, now + 3 * minute)).toMatchObject({ kind: 'over', order: { sale: 'A1' } })
    const past = { ...nothing, done: 'A1', past: waitingName(fuelling({ state: 'idle' })) }
    expect(kind(past, s, 3 * minute)).toBe('enter')
    expect(kind(past, snap(fuelling({ state: 'calling' }), [order()]), 3 * minute)).toBe('waiting')
  })

  it('another nozzle\'s, an older or a later sale is not the claim\'s', () => {
    expect(kind(claimed, snap(undefined, [order({ nozzle: 4 })]))).toBe('waiting')
    expect(kind(claimed, snap(undefined, [order({ started_at: at(-6 * minute), ended_at: at(minute) })]))).toBe('waiting')
    expect(kind(claimed, snap(undefined, [order({ started_at: at(-2 * minute), ended_at: at(-1) })]))).toBe('waiting')
    expect(kind(claimed, snap(undefined, [order({ started_at: at(11 * minute), ended_at: at(12 * minute) })]), 12 * minute)).toBe('expired')
  })

  it('an unpaid sale that nobody watched is brought up, for a while and until it is put away', () => {
    const s = snap(undefined, [order()])
    expect(kind(nothing, s, 3 * minute)).toBe('over')
    expect(kind(nothing, s, 2 * minute + recentMS)).toBe('enter')
    expect(kind({ ...nothing, done: 'A1' }, s, 3 * minute)).toBe('enter')
    expect(kind(nothing, snap(undefined, [order({ state: 'paid' })]), 3 * minute)).toBe('enter')
  })

  it('put away, it does not come back through its claim', () => {
    expect(kind({ ...claimed, sale: 'A1', done: 'A1' }, snap(undefined, [order()]), 3 * minute)).toBe('enter')
  })
})

it('a countdown is minutes and seconds', () => {
  expect(countdown(10 * minute)).toBe('10:00')
  expect(countdown(10 * minute + 999)).toBe('10:00') // a wait of ten minutes once began with 10:01
  expect(countdown(61_001)).toBe('1:01')
  expect(countdown(-5)).toBe('0:00')
})
