import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef, watch } from 'vue'
import * as hub from '@/api/hub'
import { wordsOf } from '@/api/problem'
import type { Consumption, Evidence, Order, Trip } from '@/api/types'
import { following, mergeOrders, months } from '@/units/orders'
import { asked, rangeUpTo, type Range } from '@/units/range'
import { date } from '@/units/time'
import { useLive } from './live'
import { useSession } from './session'

/** How many records a page of the list brings. */
const pageSize = 20

/** What the hub answered to a note, and the live order that it is newer than. */
interface Answer {
  order: Order
  over: Order | undefined
}

/**
 * A member's records: what was read page by page, with what is live laid over
 * it, and the sums of the time that was chosen.
 */
export const useRecords = defineStore('records', () => {
  const session = useSession()
  const live = useLive()

  const range = ref<Range>(rangeUpTo('1m', date(live.hubNowMS)))
  const held = shallowRef<Order[]>([])
  const next = ref('')
  const sums = shallowRef<Consumption>()
  const loaded = ref(false)
  const loading = ref(false)
  const error = ref('')
  const answers = shallowReactive<Record<string, Answer>>({})
  let turn = 0 // counts readings: an answer to an older one is ignored

  /** The live orders, with what the hub answered since about one of them. */
  const alive = computed<Order[]>(() => (live.driver?.orders ?? []).map(newest))
  const more = computed(() => next.value !== '')
  const orders = computed(() => mergeOrders(held.value, alive.value, range.value, more.value, live.fresh))
  const groups = computed(() => months(orders.value, sums.value?.months, more.value))

  function newest(o: Order): Order {
    const answer = answers[o.sale]
    return answer && answer.over === o ? answer.order : o
  }

  /** Reads the first page and the sums; what is shown stays until they are here. */
  async function refresh(): Promise<void> {
    if (!session.signedIn) return
    const mine = ++turn
    loading.value = true
    error.value = ''
    void readSums(mine)
    try {
      const page = await hub.orders({ ...asked(range.value), limit: pageSize })
      if (mine !== turn) return
      held.value = page.orders ?? []
      next.value = page.next ?? ''
      loaded.value = true
    } catch (e) {
      if (mine === turn) error.value = wordsOf(e)
    } finally {
      if (mine === turn) loading.value = false
    }
  }

  /** The sums are worth having and not worth an error: the list adds up what it can without them. */
  async function readSums(mine: number): Promise<void> {
    const found = await hub.consumption(asked(range.value)).catch(() => undefined)
    if (mine === turn) sums.value = found ?? sums.value
  }

  /** Reads the next page, if there is one and none is on its way. */
  async function readMore(): Promise<void> {
    if (!more.value || loading.value) return
    const mine = turn
    loading.value = true
    error.value = ''
    try {
      const page = await hub.orders({ ...asked(range.value), before: next.value, limit: pageSize })
      if (mine !== turn) return
      const has = new Set(held.value.map((o) => o.sale))
      held.value = [...held.value, ...(page.orders ?? []).filter((o) => !has.has(o.sale))]
      next.value = page.next ?? ''
    } catch (e) {
      if (mine === turn) error.value = wordsOf(e)
    } finally {
      if (mine === turn) loading.value = false
    }
  }

  /** Chooses another time; what was shown of the old one goes. */
  function choose(chosen: Range): Promise<void> {
    range.value = chosen
    forgetList()
    return refresh()
  }

  function forgetList(): void {
    held.value = []
    next.value = ''
    sums.value = undefined
    loaded.value = false
    error.value = ''
  }

  /** A sale as it is known best; undefined if it is not held. */
  function find(sale: string): Order | undefined {
    const known = alive.value.find((o) => o.sale === sale)
    return known ?? answers[sale]?.order ?? held.value.find((o) => o.sale === sale)
  }

  /** Reads one sale of the member's own; undefined if there is none. */
  async function read(sale: string): Promise<Order | undefined> {
    const page = await hub.orders({ before: following(sale), limit: 1 })
    const found = (page.orders ?? []).find((o) => o.sale === sale)
    if (found) keep(found)
    return found
  }

  /** Keeps what the hub said of a sale. */
  function keep(order: Order): void {
    answers[order.sale] = { order, over: live.driver?.orders?.find((o) => o.sale === order.sale) }
    held.value = held.value.map((o) => (o.sale === order.sale ? order : o))
  }

  /** Notes a trip beside a sale; an empty one takes the note away. */
  async function note(sale: string, trip: Trip): Promise<void> {
    keep(await hub.noteTrip(sale, trip))
    if (loaded.value) void readSums(turn)
  }

  const evidence = shallowRef<Evidence>()
  /** Reads what shows a delivery; the last one read is kept. */
  async function readEvidence(sale: string): Promise<Evidence> {
    const found = await hub.evidence(sale)
    evidence.value = found
    return found
  }

  /** Where the live orders stand: when that moves, the sums have changed. */
  const standings = computed(() => (live.driver?.orders ?? []).map((o) => `${o.sale} ${o.state} ${o.amount_fen} ${o.paid_fen}`).join())
  watch(standings, (now, before) => {
    if (before && now && loaded.value) void readSums(turn)
  })
  watch(
    () => session.token,
    () => {
      turn++
      forgetList()
      loading.value = false
      evidence.value = undefined
      for (const sale of Object.keys(answers)) delete answers[sale]
    },
  )

  return { range, orders, groups, sums, loaded, loading, error, more, evidence, refresh, readMore, choose, find, read, note, readEvidence }
})
