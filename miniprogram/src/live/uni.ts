/** The platform's sockets and timers, for Live. */
import { liveURL } from '@/platform/env'
import type { Ticket } from '@/api/types'
import type { World } from './live'

/** The world outside of tests. tickets takes a ticket of whoever uses the phone. */
export function uniWorld(tickets: () => Promise<Ticket>): World {
  return {
    ticket: tickets,
    open(on) {
      // Without a callback this returns a promise and no task.
      const task = uni.connectSocket({ url: liveURL, complete: () => {} }) as unknown as UniApp.SocketTask
      let over = false
      const closed = (code: number) => {
        if (!over) {
          over = true
          on.closed(code)
        }
      }
      task.onOpen(() => on.open())
      task.onMessage((m: { data: unknown }) => on.text(String(m.data)))
      task.onClose((e: unknown) => closed((e as { code?: number } | undefined)?.code ?? 1006))
      task.onError(() => closed(1006))
      return {
        send: (text) => task.send({ data: text, fail: () => closed(1006) }),
        close: () => {
          over = true
          task.close({ code: 1000, fail: () => {} })
        },
      }
    },
    now: () => Date.now(),
    after(ms, fn) {
      const timer = setTimeout(fn, ms)
      return () => clearTimeout(timer)
    },
    random: () => Math.random(),
  }
}
