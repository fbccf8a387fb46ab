import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { load, save } from '@/platform/storage'
import { useSession } from './session'

/** How many recordings are remembered; older ones have scrolled out of sight. */
const most = 300

/** Which recordings of the other party were played on this phone. */
export const useHeard = defineStore('heard', () => {
  const session = useSession()
  const list = ref<string[]>(load<string[]>('heard') ?? [])

  /** Whether a message was played. */
  const has = (message: string): boolean => list.value.includes(message)

  /** Notes that a message was played. */
  function add(message: string): void {
    if (has(message)) return
    list.value = [...list.value, message].slice(-most)
    save('heard', list.value)
  }

  watch(
    () => session.token,
    (token) => {
      if (token) return
      list.value = []
      save('heard', list.value)
    },
  )

  return { has, add }
})
