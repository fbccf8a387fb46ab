import { onHide, onShow, onUnload } from '@dcloudio/uni-app'
import { computed, ref, watch, type ComputedRef } from 'vue'
import type { Queue, StationCard, StationSnap } from '@/api/types'
import type { Seen } from '@/units/queue'
import { useLive } from './live'
import { useStations } from './stations'

/** A station as it is now, and how old that is. */
export interface StationView {
  card: StationCard
  seen: Seen
}

/** How busy a card says it is: nothing, while the forecourt was not heard of. */
export const cardQueue = (card: StationCard): Queue => (card.seen_at ? card.queue : { grades: [] })

/** A card with what the live channel says. */
export function merged(card: StationCard, snap: StationSnap): StationCard {
  const tariff = (snap.tariff.prices ?? []).length > 0 ? snap.tariff : card.tariff
  return { ...card, tariff, queue: snap.queue, pumps: snap.pumps }
}

/**
 * Chooses between the card and the live channel: what is live wins; without a
 * line what was heard last does. snap is undefined until the channel has
 * spoken since the page follows it.
 */
export function viewOf(card: StationCard, loadedMS: number, snap: StationSnap | undefined, fresh: boolean, heardMS: number): StationView {
  if (snap && (fresh || heardMS >= loadedMS)) return { card: merged(card, snap), seen: { live: fresh, atMS: heardMS } }
  return { card: { ...card, queue: cardQueue(card) }, seen: { live: false, atMS: loadedMS } }
}

/**
 * Follows a station for as long as the page is shown. Call it in a page's
 * setup; id is "" while there is none.
 */
export function useStationView(id: () => string): ComputedRef<StationView | undefined> {
  const live = useLive()
  const stations = useStations()
  const shown = ref(false)
  const old = ref<StationSnap | undefined>() // what was held before the page followed: of another time
  let leave = () => {}

  onShow(() => (shown.value = true))
  onHide(() => (shown.value = false))
  onUnload(() => leave())
  watch(
    () => (shown.value ? id() : ''),
    (now) => {
      leave()
      leave = () => {}
      if (!now) return
      old.value = live.stations[now]
      leave = live.follow(`station/${now}`)
    },
  )

  return computed(() => {
    const card = stations.cards.find((c) => c.id === id())
    if (!card) return undefined
    const snap = live.stations[card.id]
    return viewOf(card, stations.loadedMS, snap === old.value ? undefined : snap, live.fresh, live.heardMS)
  })
}
