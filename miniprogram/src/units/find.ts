/** Stations by what was typed. */
import type { StationCard } from '@/api/types'

/** Those whose name, address or city holds every word. */
export function found<T extends { card: StationCard }>(list: T[], words: string): T[] {
  const parts = words.trim().toLowerCase().split(/\s+/).filter(Boolean)
  return list.filter(({ card }) => {
    const text = `${card.name} ${card.address ?? ''} ${card.city ?? ''}`.toLowerCase()
    return parts.every((p) => text.includes(p))
  })
}
