import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, reactive } from 'vue'
import * as hub from '@/api/hub'
import type { Consumption, Order, OrderList } from '@/api/types'
import { rangeUpTo } from '@/units/range'
import { useRecords as make } from './records'

const nowMS = Date.parse('2026-11-23T04:00:00Z')
const session = reactive({ signedIn: true, token: 'a' })
const live = reactive<{ hubNowMS: number; fresh: boolean; driver: { orders: Order[] } | undefined }>({ hubNowMS: nowMS, fresh: true, driver: undefined })

vi.mock('@/api/hub', () => ({ orders: vi.fn(), consumption: vi.fn(), noteTrip: vi.fn(), evidence: vi.fn() }))
vi.mock('./live', () => ({ useLive: () => live }))
vi.mock('./session', () => ({ useSession: () => session }))

const id = (n: number) => `01KAW000000000000000000${String(n).padStart(3, '0')}`
const order = (n: number, more: Partial<Order> = {}): Order => ({
  sale: id(n), number: String(n), station: 's', station_name: '站', nozzle: 1, grade: '92#', state: 'paid', volume_ml: 1000, amount_fen: 750, price_fen_per_l: 750,
  due_fen: 0, paid_fen: 750, tender: 'cash', started_at: '2026-11-20T04:00:00Z', ended_at: '2026-11-20T04:01:00Z', ...more,
})
const page = (orders: Order[], next?: string): OrderList => ({ orders, next })
const asked = vi.mocked(hub.orders)
const sales = (list: Order[]) => list.map((o) => o.sale)

/** The store of one test; it stops listening at the test's end. */
let store: ReturnType<typeof make> | undefined
const useRecords = () => (store = make())
afterEach(() => store?.$dispose())

/** An answer that comes when it is told to. */
function later<T>() {
  let come!: (value: T) => void
  const promise = new Promise<T>((resolve) => (come = resolve))
  return { promise, come }
}

beforeEach(() => {
  setActivePinia(createPinia())
  vi.resetAllMocks()
  Object.assign(session, { signedIn: true, token: 'a' })
  Object.assign(live, { fresh: true, driver: undefined })
  vi.mocked(hub.consumption).mockResolvedValue({ months: [] } as unknown as Consumption)
})

describe('records', () => {
  it('S028 asks the hub for the chosen time, and page by page without doubles', async () => {
    asked.mockResolvedValueOnce(page([order(9), order(8)], id(8))).mockResolvedValueOnce(page([order(8), order(7)]))
    const records = useRecords()
    await records.choose(rangeUpTo('3m', '2026-11-23'))
    expect(asked.mock.calls[0]![0]).toEqual({ from: '2026-08-22T16:00:00.000Z', limit: 20 })
    await records.readMore()
    expect(asked.mock.calls[1]![0]).toMatchObject({ before: id(8), from: '2026-08-22T16:00:00.000Z' })
    expect(sales(records.orders)).toEqual([id(9), id(8), id(7)])
    await records.readMore()
    expect(asked).toHaveBeenCalledTimes(2)
  })

  it('ignores the answer to a time that is not asked for any more', async () => {
    const slow = later<OrderList>()
    asked.mockReturnValueOnce(slow.promise).mockResolvedValueOnce(page([order(2)]))
    const records = useRecords()
    const first = records.choose(rangeUpTo('1m', '2026-11-23'))
    await records.choose(rangeUpTo('3m', '2026-11-23'))
    slow.come(page([order(1)], id(1)))
    await first
    expect(sales(records.orders)).toEqual([id(2)])
    expect([records.more, records.loading]).toEqual([false, false])
  })

  it('keeps what is shown when the network fails, and says so', async () => {
    asked.mockResolvedValueOnce(page([order(1)])).mockRejectedValueOnce(new Error('gone'))
    const records = useRecords()
    await records.refresh()
    await records.refresh()
    expect(sales(records.orders)).toEqual([id(1)])
    expect(records.error).not.toBe('')
  })

  it('shows a live order at once and reads the sums again', async () => {
    asked.mockResolvedValue(page([order(1)]))
    live.driver = { orders: [order(1)] }
    const records = useRecords()
    await records.refresh()
    live.driver = { orders: [order(2, { state: 'unpaid' }), order(1)] }
    await nextTick()
    expect(sales(records.orders)).toEqual([id(2), id(1)])
    expect(hub.consumption).toHaveBeenCalledTimes(2)
  })

  it('shows a note as soon as the hub took it, until newer news comes', async () => {
    live.driver = { orders: [order(1)] }
    asked.mockResolvedValue(page([order(1)]))
    const trip = { vehicle: 'v', odometer_km: 10_750, full: true }
    vi.mocked(hub.noteTrip).mockResolvedValue(order(1, { trip }))
    const records = useRecords()
    await records.refresh()
    await records.note(id(1), trip)
    expect(records.find(id(1))!.trip).toEqual(trip)
    expect(records.orders[0]!.trip).toEqual(trip)
    live.driver = { orders: [order(1, { trip: { ...trip, odometer_km: 10_800 } })] }
    expect(records.find(id(1))!.trip!.odometer_km).toBe(10_800)
  })

  it('reads one sale that nobody has yet, by asking for what comes before the next id', async () => {
    asked.mockResolvedValueOnce(page([order(5)])).mockResolvedValueOnce(page([order(3)]))
    const records = useRecords()
    expect((await records.read(id(5)))!.sale).toBe(id(5))
    expect(asked.mock.calls[0]![0]).toEqual({ before: id(6), limit: 1 })
    expect(records.find(id(5))!.sale).toBe(id(5))
    expect(await records.read(id(4))).toBeUndefined()
  })

  it('forgets everything when another member signs in', async () => {
    asked.mockResolvedValue(page([order(1)]))
    const records = useRecords()
    await records.refresh()
    session.token = 'b'
    await nextTick()
    expect([records.orders.length, records.loaded, records.find(id(1))]).toEqual([0, false, undefined])
  })
})
