import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import * as hub from '@/api/hub'
import { wordsOf } from '@/api/problem'
import { forget, load, save } from '@/platform/storage'
import { remember, stageOf, waitingName, type Memory } from '@/units/stage'
import { cleanCode, codeLength } from '@/units/sticker'
import { useLive } from './live'
import { useSession } from './session'

/** What outlives the program: without the figures, which the hub has. */
interface Kept extends Omit<Memory, 'figures' | 'missingSince' | 'past'> {
  member: string
  code: string
}

const empty = (): Memory => ({ claimedMS: 0, sale: '', done: '', missingSince: 0 })

/** One's own fuelling, from the code on the nozzle to the order. The hub holds it; this remembers what to look for. */
export const useFuelling = defineStore('fuelling', () => {
  const live = useLive()
  const session = useSession()
  const memory = ref<Memory>(empty())
  /** The code as it stands in the field. */
  const typed = ref('')
  /** The code of the claim, for trying again. */
  const code = ref('')
  const busy = ref(false)
  const error = ref('')
  /** Whether the driver wants another nozzle than the one the page is about. */
  const choosing = ref(false)

  const stage = computed(() => stageOf(memory.value, live.driver, live.fresh, live.hubNowMS))
  const complete = computed(() => typed.value.length === codeLength)

  function keep(): void {
    const { figures: _, missingSince: __, past: ___, ...rest } = memory.value
    save('fuelling', { ...rest, member: session.member?.id ?? '', code: code.value } satisfies Kept)
  }

  /** Takes what was kept, if it is this member's. */
  function recall(): void {
    const kept = load<Kept>('fuelling')
    const own = kept && session.member && kept.member === session.member.id
    memory.value = own ? { claim: kept.claim, claimedMS: kept.claimedMS, sale: kept.sale, done: kept.done, missingSince: 0 } : empty()
    code.value = own ? kept.code : ''
  }
  recall()

  watch(() => session.member?.id, (id) => {
    if (!id) forget('fuelling')
    recall()
    choosing.value = false
    error.value = ''
  })
  watch(
    () => live.driver,
    (snap) => {
      const before = memory.value.sale
      memory.value = remember(memory.value, snap, live.hubNowMS)
      if (memory.value.sale !== before) keep()
    },
    { immediate: true },
  )

  /** Takes what was typed into the field. */
  function type(text: string): void {
    typed.value = cleanCode(text)
    error.value = ''
  }

  /** Takes a code that the page was opened with: it goes before what the page was about. */
  function arrive(text: string): void {
    type(text)
    choosing.value = true
  }

  /** Says that the driver stands at the nozzle with the code in the field. */
  async function claim(): Promise<void> {
    if (busy.value || !complete.value) return
    busy.value = true
    error.value = ''
    const asked = typed.value
    try {
      const made = await hub.claim(asked)
      memory.value = { ...empty(), done: memory.value.done, claim: made, claimedMS: live.hubNowMS, sale: made.sale ?? '' }
      memory.value = remember(memory.value, live.driver, live.hubNowMS)
      memory.value.missingSince = 0
      code.value = asked
      typed.value = ''
      choosing.value = false
      keep()
    } catch (e) {
      error.value = wordsOf(e)
    } finally {
      busy.value = false
    }
  }

  /** Tries the last nozzle again, after its time was up. */
  async function again(): Promise<void> {
    typed.value = code.value
    await claim()
  }

  /** Asks for a code again: another nozzle, or after the time was up. */
  function choose(): void {
    if (stage.value.kind === 'expired') clear(memory.value.done)
    else choosing.value = true
    typed.value = ''
    error.value = ''
  }

  /** Goes back to what the page was about. */
  function stay(): void {
    choosing.value = false
    error.value = ''
  }

  /** Puts a sale away that the driver has seen. */
  function finish(): void {
    const now = stage.value
    const run = live.driver?.fuelling
    clear(now.kind === 'over' ? now.order.sale : memory.value.sale || memory.value.done)
    if (run && !run.sale) memory.value.past = waitingName(run)
  }

  function clear(done: string): void {
    memory.value = { ...empty(), done }
    choosing.value = false
    keep()
  }

  return { stage, typed, busy, error, choosing, complete, type, arrive, claim, again, choose, stay, finish }
})
