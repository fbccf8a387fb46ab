import { computed, watch } from 'vue'
import { onShow } from '@dcloudio/uni-app'
import { badge } from '@/platform/badge'
import { useLive } from './live'

/** Keeps the bottom bar's count of unread messages true. Every page of the bar uses it: only they may change the bar. */
export function useUnread(): void {
  const live = useLive()
  const unread = computed(() => (live.driver?.threads ?? []).reduce((sum, t) => sum + t.driver_unread, 0))
  const show = () => badge(unread.value)
  onShow(show)
  watch(unread, show)
}
