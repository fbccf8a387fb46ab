/** Where the bottom bar has the messages, counted from 0: pages.json. */
const messages = 2

/** Shows at the bottom bar how much is unread. Away from the bar's pages nothing happens: they show it when they come. */
export function badge(unread: number): void {
  const fail = () => {}
  if (unread > 0) uni.setTabBarBadge({ index: messages, text: unread > 99 ? '99+' : String(unread), fail })
  else uni.removeTabBarBadge({ index: messages, fail })
}
