import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { StationCard } from '@/api/types'
import { distanceText, metres } from '@/units/distance'

const kept = vi.hoisted(() => new Map<string, unknown>())
const world = vi.hoisted(() => ({ stations: vi.fn(), locate: vi.fn(), allow: vi.fn() }))
vi.mock('@/api/hub', () => ({ stations: world.stations }))
vi.mock('@/api/problem', () => ({ wordsOf: () => '网络不通，请检查后重试' }))
vi.mock('@/platform/location', () => ({ locate: world.locate, allowLocation: world.allow }))
vi.mock('@/platform/storage', () => ({
  load: (name: string) => kept.get(name), save: (name: string, value: unknown) => kept.set(name, value), forget: (name: string) => kept.delete(name),
}))

const { byDistance, useStations } = await import('./stations')

const here = { latitude: 25.0406, longitude: 102.712251 }
/** A degree of latitude is 111.195 km on the sphere of distance.ts. */
const north = (km: number) => Math.round((here.latitude + km / 111.195) * 1e6)

function station(name: string, city: string, km?: number): StationCard {
  return {
    id: name, name, city, offers: [], pumps: [], queue: { grades: [] }, tariff: { since: '2026-11-23T01:00:00Z', prices: [] },
    ...(km === undefined ? {} : { place: { latitude_e6: north(km), longitude_e6: 102712251 } }),
  }
}

const cards = [station('远站', '昆明', 8), station('近站', '昆明', 1.2), station('中站', '大理', 3.4)]

beforeEach(() => {
  kept.clear()
  vi.clearAllMocks()
  setActivePinia(createPinia())
  world.stations.mockResolvedValue(cards)
})

describe('choosing a station', () => {
  it('S005 three stations at 1.2, 3.4 and 8.0 km are listed in that order', () => {
    const list = byDistance(cards, here, '')
    expect(list.map((n) => [n.card.name, distanceText(n.metres!)])).toEqual([['近站', '1.2 km'], ['中站', '3.4 km'], ['远站', '8.0 km']])
  })

  it('S005 a station that is on no map comes last', () => {
    expect(byDistance([station('无', '昆明'), ...cards], here, '').map((n) => n.card.name)).toEqual(['近站', '中站', '远站', '无'])
  })

  it('S005 C006 without a place the city chosen by hand decides', async () => {
    world.locate.mockResolvedValue({ where: 'refused' })
    const store = useStations()
    await store.refresh()
    await store.find()
    expect(store.where).toBe('refused')
    expect(store.cities).toEqual(['昆明', '大理'])
    store.chooseCity('昆明')
    expect(store.sorted.map((n) => n.card.name).sort()).toEqual(['近站', '远站'].sort())
    expect(store.sorted.every((n) => n.metres === undefined)).toBe(true)
    expect(store.current?.card.city).toBe('昆明')
  })

  it('S005 C006 a station chosen by hand stays chosen, and can be given back', async () => {
    world.locate.mockResolvedValue({ where: 'known', point: here })
    const store = useStations()
    await store.refresh()
    await store.find()
    expect(store.current?.card.name).toBe('近站')
    store.choose('远站')
    expect(store.current?.card.name).toBe('远站')
    expect(store.others.map((n) => n.card.name)).toEqual(['近站', '中站'])
    setActivePinia(createPinia())
    expect(useStations().chosen).toBe('远站')
    store.choose('')
    expect(store.current?.card.name).toBe('近站')
  })

  it('C006 a phone that says where it is shows all cities, whatever was chosen before', async () => {
    kept.set('city', '大理')
    world.locate.mockResolvedValue({ where: 'known', point: here })
    const store = useStations()
    await store.refresh()
    expect(store.sorted.map((n) => n.card.name)).toEqual(['中站'])
    await store.find()
    expect(store.sorted).toHaveLength(3)
  })

  it('C006 after a refusal asking again lets the driver change their mind', async () => {
    world.locate.mockResolvedValueOnce({ where: 'refused' }).mockResolvedValueOnce({ where: 'known', point: here })
    const store = useStations()
    await store.find()
    expect(world.allow).not.toHaveBeenCalled()
    await store.find()
    expect(world.allow).toHaveBeenCalledOnce()
    expect(store.where).toBe('known')
  })

  it('S005 what was kept is there at once, as old as it is, also when the hub is away', async () => {
    kept.set('stations', cards)
    kept.set('stations-at', 1000)
    world.stations.mockRejectedValue(new Error('offline'))
    const store = useStations()
    await store.refresh()
    expect(store.cards).toHaveLength(3)
    expect(store.loadedMS).toBe(1000)
    expect(store.error).toBe('网络不通，请检查后重试')
  })

  it('S005 distances agree with the map', () => {
    expect(metres(here, { latitude: 25.0406, longitude: 102.722251 })).toBeCloseTo(1007.4, 0)
  })
})
