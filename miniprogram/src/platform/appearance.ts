/** What the phone itself is set to. */
export interface Appearance {
  dark: boolean
  /** Whether its type is set large, as in WeChat's care mode: 1.2 times the standard or more. */
  large: boolean
}

const largeFactor = 1.2
/** What WeChat calls its standard size, in px. */
const standardPX = 16

/** Reads it; light and standard where it cannot be read. */
export function appearance(): Appearance {
  try {
    // #ifdef MP-WEIXIN
    const base = uni.getAppBaseInfo() as unknown as { theme?: string; fontSizeScaleFactor?: number; fontSizeSetting?: number }
    const factor = base.fontSizeScaleFactor ?? (base.fontSizeSetting ?? standardPX) / standardPX
    return { dark: base.theme === 'dark', large: factor >= largeFactor }
    // #endif
    // #ifdef H5
    return { dark: window.matchMedia('(prefers-color-scheme: dark)').matches, large: false }
    // #endif
  } catch {
    return { dark: false, large: false }
  }
}

/** Calls fn when the phone's theme changes. */
export function onAppearance(fn: () => void): void {
  // #ifdef MP-WEIXIN
  uni.onThemeChange(() => fn())
  // #endif
  // #ifdef H5
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => fn())
  // #endif
}
