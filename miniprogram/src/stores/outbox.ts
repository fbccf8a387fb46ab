import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import * as hub from '@/api/hub'
import { HubError, wordsOf } from '@/api/problem'
import type { Upload } from '@/platform/recorder'
import { load, save } from '@/platform/storage'
import { ulid } from '@/units/ulid'
import { useLive } from './live'
import { useSession } from './session'

/** A message on its way. */
export interface Pending {
  /** The message's own id, made before it is first sent: sending it again is the same message. */
  id: string
  thread: string
  kind: 'text' | 'picture' | 'voice'
  text?: string
  /** An upload that the hub has already. */
  media?: string
  /** A file of this run of the program; gone after a restart unless it was uploaded. */
  file?: Upload
  atMS: number
  state: 'sending' | 'waiting' | 'failed'
  /** Why it failed, for the driver. */
  words?: string
}

/** How many messages may wait for the network; more would not be meant. */
const most = 50
/** When what waits is tried again though the socket stood all the time: the hub may have been too busy. */
const againMS = 5000

/**
 * Messages on their way: saved before they are sent, sent again unchanged
 * until the hub has answered, in the order they were said.
 */
export const useOutbox = defineStore('outbox', () => {
  const live = useLive()
  const session = useSession()
  const list = ref<Pending[]>((load<Pending[]>('outbox') ?? []).map((p) => ({ ...p, state: p.kind === 'text' || p.media ? 'waiting' : 'failed' })))
  let working = false
  let later: ReturnType<typeof setTimeout> | undefined

  const keep = () => save('outbox', list.value.map(({ file, ...rest }) => rest))

  /** What waits in a conversation, oldest first. */
  const of = (thread: string): Pending[] => list.value.filter((p) => p.thread === thread)

  /** Says something. It is kept before anything else happens; false if too much waits already. */
  function add(thread: string, what: { text: string } | { kind: 'picture' | 'voice'; file: Upload }): boolean {
    if (list.value.length >= most) return false
    const base = { id: ulid(Date.now()), thread, atMS: Date.now(), state: 'waiting' as const }
    list.value.push('text' in what ? { ...base, kind: 'text', text: what.text } : { ...base, ...what })
    keep()
    void work()
    return true
  }

  /** Tries a message again that failed. */
  function again(id: string): void {
    const p = list.value.find((p) => p.id === id)
    if (!p) return
    p.state = 'waiting'
    p.words = undefined
    void work()
  }

  /** Throws a message away that failed. */
  function drop(id: string): void {
    list.value = list.value.filter((p) => p.id !== id)
    keep()
  }

  /** Sends what waits, one after the other; stops where there is no network. */
  async function work(): Promise<void> {
    if (working || !session.signedIn) return
    working = true
    clearTimeout(later)
    try {
      for (let next = waiting(); next; next = waiting()) {
        if (!(await sent(next))) break
      }
    } finally {
      working = false
      if (waiting()) later = setTimeout(() => void work(), againMS)
    }
  }

  const waiting = () => list.value.find((p) => p.state === 'waiting')

  /** Sends one message; false if there is no network for it now. */
  async function sent(p: Pending): Promise<boolean> {
    p.state = 'sending'
    try {
      if (p.file && !p.media) {
        p.media = (await hub.uploadMedia(p.thread, p.file)).id
        keep()
      }
      await hub.say(p.thread, { id: p.id, kind: p.kind, ...(p.text ? { text: p.text } : {}), ...(p.media ? { media: p.media } : {}) })
      drop(p.id)
      return true
    } catch (e) {
      if (e instanceof HubError && e.retry) {
        p.state = 'waiting'
        return false
      }
      p.state = 'failed'
      p.words = wordsOf(e)
      keep()
      return true
    }
  }

  // The socket may be open by the time somebody first asks for this.
  watch(() => live.state, (state) => state === 'open' && void work(), { immediate: true })
  // The network may come back before the socket has noticed that it was away.
  uni.onNetworkStatusChange((net) => net.isConnected && void work())
  watch(
    () => session.token,
    (token) => {
      if (!token) {
        list.value = []
        keep()
      }
    },
  )

  return { list, of, add, again, drop, work }
})
