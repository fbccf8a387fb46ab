import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import * as hub from '@/api/hub'
import { wordsOf } from '@/api/problem'
import type { StationCard } from '@/api/types'
import { allowLocation, locate, type Where } from '@/platform/location'
import { load, save } from '@/platform/storage'
import { metres, pointOf, type Point } from '@/units/distance'

/** A station and how far it is, if the phone says where it is. */
export interface Near {
  card: StationCard
  metres?: number
}

/**
 * The stations a driver chooses from. Where the phone is never leaves it:
 * distances are worked out here.
 */
export const useStations = defineStore('stations', () => {
  const cards = ref<StationCard[]>(load<StationCard[]>('stations') ?? [])
  /** When they were read, by this phone's clock; those that were kept are as old as they were. */
  const loadedMS = ref(load<number>('stations-at') ?? 0)
  const loading = ref(false)
  const error = ref('')
  const here = ref<Point>()
  const where = ref<Where>('unknown')
  const city = ref(load<string>('city') ?? '')
  const chosen = ref(load<string>('station') ?? '')
  /** The grade whose price is shown large. */
  const grade = ref(load<string>('grade') ?? '')

  const cities = computed(() => [...new Set(cards.value.map((c) => c.city).filter((c): c is string => !!c))])
  /** Nearest first; while the phone does not say where it is by name, those of the city chosen by hand. */
  const sorted = computed<Near[]>(() => byDistance(cards.value, here.value, here.value ? '' : city.value))
  /** The station the driver chose by hand, else the nearest. */
  const current = computed(() => sorted.value.find((n) => n.card.id === chosen.value) ?? sorted.value[0])
  /** Those after it. */
  const others = computed(() => sorted.value.filter((n) => n !== current.value))

  async function refresh(): Promise<void> {
    loading.value = true
    error.value = ''
    try {
      cards.value = await hub.stations()
      loadedMS.value = Date.now()
      save('stations', cards.value)
      save('stations-at', loadedMS.value)
    } catch (e) {
      error.value = wordsOf(e)
    } finally {
      loading.value = false
    }
  }

  /** Asks the phone where it is; a refusal changes nothing else. Asked again after one, the driver may change their mind. */
  async function find(): Promise<void> {
    if (where.value === 'asking') return
    if (where.value === 'refused') await allowLocation()
    where.value = 'asking'
    const answer = await locate()
    where.value = answer.where
    here.value = answer.point
  }

  /** Takes a city, "" for all. */
  function chooseCity(name: string): void {
    city.value = name
    save('city', name)
  }

  /** Takes a station as the current one; "" for whichever is nearest. */
  function choose(id: string): void {
    chosen.value = id
    save('station', id)
  }

  /** Takes a grade as the driver's. */
  function prefer(name: string): void {
    grade.value = name
    save('grade', name)
  }

  return {
    cards, loadedMS, loading, error, here, where, city, cities, chosen, grade, sorted, current, others,
    refresh, find, chooseCity, choose, prefer,
  }
})

/** Nearest first; those without a place after all others, by name. A city chosen by hand leaves out the others. */
export function byDistance(cards: StationCard[], here: Point | undefined, city: string): Near[] {
  const list = cards
    .filter((card) => !city || card.city === city)
    .map<Near>((card) => ({ card, metres: here && card.place ? metres(here, pointOf(card.place)) : undefined }))
  return list.sort((a, b) => compare(a.metres, b.metres) || a.card.name.localeCompare(b.card.name, 'zh'))
}

function compare(a: number | undefined, b: number | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  return a - b
}
