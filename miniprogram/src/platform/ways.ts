/** Ways from page to page. */

/** Goes back; a page that was opened by its address has nothing behind it, then to a tab. */
export function back(tab = '/pages/home/home'): void {
  if (getCurrentPages().length > 1) uni.navigateBack()
  else uni.switchTab({ url: tab })
}

/** Goes to a tab of the bar. */
export function toTab(tab: 'home' | 'fuel' | 'messages' | 'me'): void {
  uni.switchTab({ url: `/pages/${tab}/${tab}` })
}

/** Opens a page on top of this one. */
export function open(url: string): void {
  uni.navigateTo({ url })
}
