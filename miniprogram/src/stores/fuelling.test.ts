import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, reactive } from 'vue'
import type { Claim, DriverSnap, Fuelling, Member, Order } from '@/api/types'

const kept = vi.hoisted(() => new Map<string, unknown>())
const hub = vi.hoisted(() => ({ claim: vi.fn() }))
const now = Date.parse('2026-11-23T09:00:00Z')
const live = reactive({ driver: undefined as DriverSnap | undefined, fresh: true, hubNowMS: now })
const session = reactive({ member: { id: 'M1' } as Member | undefined })
vi.mock('@/api/hub', () => hub)
vi.mock('@/api/problem', () => ({ wordsOf: () => '没有这个油枪码' }))
vi.mock('@/platform/storage', () => ({
  load: (name: string) => kept.get(name), save: (name: string, value: unknown) => kept.set(name, JSON.parse(JSON.stringify(value))), forget: (name: string) => kept.delete(name),
}))
vi.mock('./live', () => ({ useLive: () => live }))
vi.mock('./session', () => ({ useSession: () => session }))

const { useFuelling } = await import('./fuelling')

const claim: Claim = { id: 'C1', station: 'S1', station_name: '示范站', nozzle: 3, grade: '92#', until: new Date(now + 600_000).toISOString() }
const snap = (run?: Partial<Fuelling>, orders: Partial<Order>[] = []): DriverSnap =>
  ({
    member: { id: 'M1' }, threads: [], orders,
    ...(run ? { fuelling: { station: 'S1', nozzle: 3, grade: '92#', state: 'fuelling', volume_ml: 0, amount_fen: 0, price_fen_per_l: 750, ...run } } : {}),
  }) as unknown as DriverSnap

beforeEach(() => {
  kept.clear()
  vi.resetAllMocks()
  live.driver = undefined
  live.fresh = true
  live.hubNowMS = now
  session.member = { id: 'M1' } as Member
  setActivePinia(createPinia())
})

async function claimed() {
  hub.claim.mockResolvedValue(claim)
  const store = useFuelling()
  store.type('k7q2-mn0p')
  await store.claim()
  return store
}

describe('one\'s own fuelling', () => {
  it('C006 goes from the typed code to the order without a place', async () => {
    const store = await claimed()
    expect(hub.claim).toHaveBeenCalledWith('K7Q2MN0P')
    expect(store.stage).toMatchObject({ kind: 'waiting', nozzle: 3 })
    live.driver = snap({ sale: 'A1', amount_fen: 3750 })
    await nextTick()
    expect(store.stage).toMatchObject({ kind: 'running', figures: { amount: 3750 } })
    live.driver = snap(undefined, [{ sale: 'A1', state: 'unpaid', amount_fen: 20000 }])
    await nextTick()
    expect(store.stage).toMatchObject({ kind: 'over', order: { amount_fen: 20000 } })
    store.finish()
    await nextTick()
    expect(store.stage.kind).toBe('enter')
  })

  it('an incomplete code is not sent, a wrong one is said and stays in the field', async () => {
    const store = useFuelling()
    store.type('K7Q2')
    await store.claim()
    expect(hub.claim).not.toHaveBeenCalled()
    hub.claim.mockRejectedValue(new Error())
    store.type('K7Q2MN0P')
    await store.claim()
    expect([store.error, store.typed, store.stage.kind, store.busy]).toEqual(['没有这个油枪码', 'K7Q2MN0P', 'enter', false])
    store.type('K7Q2MN0')
    expect(store.error).toBe('')
  })

  it('a second tap while the first is under way sends nothing', async () => {
    let answer: (c: Claim) => void = () => {}
    hub.claim.mockReturnValue(new Promise((resolve) => (answer = resolve)))
    const store = useFuelling()
    store.type('K7Q2MN0P')
    const first = store.claim()
    await store.claim()
    answer(claim)
    await first
    expect(hub.claim).toHaveBeenCalledOnce()
  })

  it('is found again when the program was closed meanwhile, by the same member only', async () => {
    await claimed()
    setActivePinia(createPinia())
    expect(useFuelling().stage).toMatchObject({ kind: 'waiting', nozzle: 3 })
    session.member = { id: 'M2' } as Member
    setActivePinia(createPinia())
    expect(useFuelling().stage.kind).toBe('enter')
  })

  it('a claim whose time was up is one tap from being made again', async () => {
    const store = await claimed()
    live.driver = snap()
    live.hubNowMS = now + 600_000
    await nextTick()
    expect(store.stage).toMatchObject({ kind: 'expired', late: true })
    hub.claim.mockResolvedValue({ ...claim, until: new Date(now + 1_200_000).toISOString() })
    await store.again()
    expect(hub.claim).toHaveBeenLastCalledWith('K7Q2MN0P')
    expect(store.stage.kind).toBe('waiting')
  })

  it('another nozzle may be chosen while one waits, or not after all', async () => {
    const store = await claimed()
    store.choose()
    expect(store.choosing).toBe(true)
    store.stay()
    expect([store.choosing, store.stage.kind]).toEqual([false, 'waiting'])
  })

  it('a code that the page was opened with goes before an order that is shown', async () => {
    live.driver = snap(undefined, [{ sale: 'A1', state: 'unpaid', ended_at: new Date(now).toISOString() }])
    const store = useFuelling()
    expect(store.stage.kind).toBe('over')
    store.arrive('K7Q2MN0P')
    expect([store.choosing, store.complete]).toEqual([true, true])
    hub.claim.mockResolvedValue(claim)
    await store.claim()
    expect([store.choosing, store.stage.kind]).toEqual([false, 'waiting'])
  })

  it('forgets when the member signs out', async () => {
    const store = await claimed()
    session.member = undefined
    await nextTick()
    expect(store.stage.kind).toBe('enter')
    expect(kept.has('fuelling')).toBe(false)
  })
})
