import type { Point } from '@/units/distance'
import { inWeChat } from './env'

/** What is known of where the phone is. */
export type Where = 'unknown' | 'asking' | 'known' | 'refused' | 'failed'

/** How long the phone may take to find itself. */
const timeoutMS = 8000

/** Asks the phone where it is, roughly in WeChat. It never fails: a refusal is an answer. */
export function locate(): Promise<{ where: Where; point?: Point }> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve({ where: 'failed' }), timeoutMS)
    const done = (where: Where, point?: Point) => {
      clearTimeout(late)
      resolve({ where, point })
    }
    const options = {
      type: 'gcj02' as const,
      success: (at: { latitude: number; longitude: number }) => done('known', { latitude: at.latitude, longitude: at.longitude }),
      fail: (e: { errMsg?: string }) => done(/den(y|ied)|auth/i.test(e?.errMsg ?? '') ? 'refused' : 'failed'),
    }
    if (inWeChat) (uni as unknown as { getFuzzyLocation(o: typeof options): void }).getFuzzyLocation(options)
    else browser(done)
  })
}

/**
 * Lets the driver take a refusal back: WeChat asks only once, later it is in
 * its settings. A browser asks by itself.
 */
export function allowLocation(): Promise<void> {
  return new Promise((resolve) => {
    if (inWeChat) uni.openSetting({ complete: () => resolve() })
    else resolve()
  })
}

/** The browser's own, which needs no library of maps; it answers in WGS-84, a few hundred metres off on Chinese maps. */
function browser(done: (where: Where, point?: Point) => void): void {
  if (typeof navigator === 'undefined' || !navigator.geolocation) {
    done('failed')
    return
  }
  navigator.geolocation.getCurrentPosition(
    (at) => done('known', { latitude: at.coords.latitude, longitude: at.coords.longitude }),
    (e) => done(e.code === 1 ? 'refused' : 'failed'),
    { timeout: timeoutMS, maximumAge: 60_000 },
  )
}
