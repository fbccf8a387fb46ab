import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import * as hub from '@/api/hub'
import { wordsOf } from '@/api/problem'
import type { Consumption } from '@/api/types'
import { asked, rangeUpTo, type Range } from '@/units/range'
import { date } from '@/units/time'
import { useLive } from './live'
import { useSession } from './session'

/** What one vehicle of the member's burns, over a time that they choose. */
export const useConsumption = defineStore('consumption', () => {
  const session = useSession()
  const live = useLive()
  const range = ref<Range>(rangeUpTo('12m', date(live.hubNowMS)))
  /** The vehicle chosen by hand; "" lets the hub take the one noted most. */
  const chosen = ref('')
  const found = shallowRef<Consumption>()
  const loading = ref(false)
  const error = ref('')
  let turn = 0

  /** The vehicle that the figures are about; "" while there is none. */
  const vehicle = computed(() => chosen.value || found.value?.vehicle || '')

  async function refresh(): Promise<void> {
    if (!session.signedIn) return
    const mine = ++turn
    loading.value = true
    error.value = ''
    try {
      const answer = await hub.consumption({ ...asked(range.value), vehicle: chosen.value })
      if (mine === turn) found.value = answer
    } catch (e) {
      if (mine === turn) error.value = wordsOf(e)
    } finally {
      if (mine === turn) loading.value = false
    }
  }

  function choose(what: { range?: Range; vehicle?: string }): Promise<void> {
    range.value = what.range ?? range.value
    chosen.value = what.vehicle ?? chosen.value
    return refresh()
  }

  watch(
    () => session.token,
    () => {
      turn++
      chosen.value = ''
      found.value = undefined
      loading.value = false
      error.value = ''
    },
  )

  return { range, chosen, vehicle, found, loading, error, refresh, choose }
})
