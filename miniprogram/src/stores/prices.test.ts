import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'

const hub = vi.hoisted(() => ({ prices: vi.fn() }))
vi.mock('@/api/hub', () => hub)
vi.mock('@/api/problem', () => ({ wordsOf: () => '网络不通，请检查后重试' }))
const { usePrices } = await import('./prices')

const change = { at: '2026-11-20T16:00:00Z', grade: '92#', price_fen_per_l: 750 }

beforeEach(() => {
  vi.resetAllMocks()
  setActivePinia(createPinia())
})

it('S021 what was read stays when reading it again fails', async () => {
  const prices = usePrices()
  hub.prices.mockResolvedValueOnce({ changes: [change] }).mockRejectedValueOnce(new Error())
  await prices.read('S1')
  await prices.read('S1')
  expect(prices.held['S1']).toEqual({ changes: [change], error: '网络不通，请检查后重试' })
})

it('S021 only so many stations are held, the first read goes first', async () => {
  const prices = usePrices()
  hub.prices.mockResolvedValue({ changes: null })
  for (let i = 0; i < 25; i++) await prices.read(`S${i}`)
  expect(Object.keys(prices.held)).toHaveLength(20)
  expect(prices.held['S0']).toBeUndefined()
  expect(prices.held['S24']).toEqual({ changes: [], error: '' })
})
