import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { load, save } from '@/platform/storage'
import { appearance } from '@/platform/appearance'
import { variables } from '@/theme/tokens'

/** As the phone has it, or as the driver wants it. */
export type Choice = 'auto' | 'on' | 'off'

/** How pages look: dark or light, and in large type for those who need it (关怀模式). */
export const useSettings = defineStore('settings', () => {
  const kept = load<{ dark: Choice; large: Choice }>('settings')
  const darkChoice = ref<Choice>(kept?.dark ?? 'auto')
  const largeChoice = ref<Choice>(kept?.large ?? 'auto')
  const phone = ref(appearance())

  const dark = computed(() => (darkChoice.value === 'auto' ? phone.value.dark : darkChoice.value === 'on'))
  const large = computed(() => (largeChoice.value === 'auto' ? phone.value.large : largeChoice.value === 'on'))
  /** The tokens, for the style of a page's root. */
  const style = computed(() => variables(dark.value, large.value))

  /** Looks at the phone again: its own theme or type may have changed. */
  function refresh(): void {
    phone.value = appearance()
  }

  function choose(what: 'dark' | 'large', choice: Choice): void {
    if (what === 'dark') darkChoice.value = choice
    else largeChoice.value = choice
    save('settings', { dark: darkChoice.value, large: largeChoice.value })
  }

  return { darkChoice, largeChoice, dark, large, style, refresh, choose }
})
