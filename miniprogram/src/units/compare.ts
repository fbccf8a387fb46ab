/** Stations side by side, for one grade. */
import type { Offer, StationCard } from '@/api/types'
import { shownPrice } from './price'
import { perLitre } from './text'

/** One station of a comparison. */
export interface Compared {
  id: string
  name: string
  /** What a litre costs there, in fen. */
  price: number
  /** The price less that of the station one looks at; undefined if that one does not sell the grade. */
  difference?: number
  /** Whether it is the station one looks at. */
  here: boolean
  /** What makes it cheaper than its price says: offers about recharging and discounts. */
  offers: Offer[]
}

const saving = (o: Offer): boolean => o.kind === 'recharge' || o.kind === 'discount'

/**
 * The stations that sell a grade, the cheapest first. Of two with the same
 * price the one with a recharge or discount offer comes first; beyond that
 * they stay in the order given. `here` is the id of the station one looks at.
 */
export function compareStations(cards: StationCard[], grade: string, here: string): Compared[] {
  const own = cards.find((c) => c.id === here)
  const base = own && shownPrice(grade, own.tariff, own.pumps)?.price
  const list = cards.flatMap<Compared>((c) => {
    const price = shownPrice(grade, c.tariff, c.pumps)?.price
    if (price === undefined) return []
    const row: Compared = { id: c.id, name: c.name, price, here: c.id === here, offers: (c.offers ?? []).filter(saving) }
    return [base === undefined ? row : { ...row, difference: price - base }]
  })
  return list.sort((a, b) => a.price - b.price || Number(a.offers.length === 0) - Number(b.offers.length === 0))
}

/** "贵 0.20", "便宜 0.20", "同价". */
export function differenceText(fen: number): string {
  if (fen === 0) return '同价'
  return `${fen > 0 ? '贵' : '便宜'} ${perLitre(Math.abs(fen))}`
}
