import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowReactive, shallowRef, watch } from 'vue'
import * as hub from '@/api/hub'
import type { ChatSnap, DriverSnap, Frame, Message, Notice, StationSnap } from '@/api/types'
import { Live, type LiveState } from '@/live/live'
import { uniWorld } from '@/live/uni'
import { Chat } from '@/mirror/chat'
import { Driver } from '@/mirror/driver'
import { FoldError, type Change } from '@/mirror/place'
import { Public } from '@/mirror/public'
import { useSession } from './session'

/** One conversation as pages draw it. */
export interface ChatView extends ChatSnap {
  /** Every message held, older pages included. */
  said: Message[]
  /** Whether there are older ones to be read. */
  older: boolean
}

/**
 * Everything live: the one socket and the folds of its channels. Pages read
 * `driver`, `stations` and `chats` and say what they follow; nobody else opens
 * a socket.
 */
export const useLive = defineStore('live', () => {
  const session = useSession()
  const state = ref<LiveState>('idle')
  /** The hub's clock less this phone's, in ms. */
  const skewMS = ref(0)
  /** This phone's clock in ms, once a second while the program is in front. */
  const nowMS = ref(Date.now())
  /** When the hub was last heard, by this phone's clock; 0 for never. */
  const heardMS = ref(0)

  const driver = shallowRef<DriverSnap>()
  const notices = shallowRef<Notice[]>([])
  const stations = shallowReactive<Record<string, StationSnap>>({})
  const chats = shallowReactive<Record<string, ChatView>>({})
  /** Conversations the hub does not let us follow, and why in its words. */
  const refused = reactive<Record<string, string>>({})

  let mine = new Driver()
  const places = new Map<string, Public>()
  const talks = new Map<string, Chat>()
  const users = new Map<string, number>() // how many pages follow a channel

  const live = new Live(uniWorld(() => (session.signedIn ? hub.ticket() : hub.guestTicket())), {
    state(now) {
      state.value = now
    },
    welcome(w) {
      skewMS.value = Date.parse(w.now) - Date.now()
    },
    frame: take,
    refused(channel, problem) {
      refused[channel] = problem?.title ?? ''
    },
  })

  /** Whether what is shown is true now. */
  const fresh = computed(() => state.value === 'open')
  /** How old what is shown is, in ms; 0 while it is fresh. */
  const ageMS = computed(() => (fresh.value || heardMS.value === 0 ? 0 : Math.max(0, nowMS.value - heardMS.value)))
  /** The hub's clock in ms. */
  const hubNowMS = computed(() => nowMS.value + skewMS.value)

  function take(f: Frame): void {
    const channel = f.ch ?? ''
    heardMS.value = Date.now()
    const [family, id] = channel.split('/') as [string, string]
    try {
      if (family === 'driver') show(mine.apply(f))
      else if (family === 'station') showStation(id, foldOf(places, id, () => new Public()).apply(f))
      else if (family === 'chat') showChat(id, foldOf(talks, id, () => new Chat()).apply(f))
    } catch (e) {
      if (!(e instanceof FoldError)) throw e
      live.resync(channel)
    }
  }

  function show(change: Change): void {
    if (Object.keys(change).length === 0) return
    driver.value = mine.snap()
    // A snapshot may be some seconds old: what was asked for or changed since then is newer.
    if (change.all && driver.value && !session.member) session.setMember(driver.value.member)
    notices.value = mine.notices()
  }

  function showStation(id: string, change: Change): void {
    if (Object.keys(change).length > 0) stations[id] = places.get(id)!.snap()
  }

  function showChat(id: string, change: Change): void {
    if (Object.keys(change).length > 0) drawChat(id)
  }

  function drawChat(id: string): void {
    const talk = talks.get(id)
    const snap = talk?.snap()
    if (talk && snap) chats[id] = { ...snap, said: talk.messages(), older: talk.older() }
  }

  /** Follows a channel until the function it returns is called: "station/01…", "chat/01…". */
  function follow(channel: string): () => void {
    users.set(channel, (users.get(channel) ?? 0) + 1)
    delete refused[channel]
    live.join(channel)
    let over = false
    return () => {
      if (over) return
      over = true
      const left = (users.get(channel) ?? 1) - 1
      users.set(channel, left)
      if (left <= 0) {
        users.delete(channel)
        live.leave(channel)
      }
    }
  }

  /** Reads a page of a conversation's older messages. */
  async function readOlder(thread: string): Promise<void> {
    const talk = talks.get(thread)
    if (!talk || !talk.older()) return
    const page = await hub.messages(thread, talk.first())
    talk.prepend(page.messages ?? [])
    drawChat(thread)
  }

  /** Whether the other party is writing now. */
  const agentWrites = (thread: string): boolean => talks.get(thread)?.typing('agent', hubNowMS.value) ?? false
  /** Says that the driver is writing. */
  const typing = (thread: string): void => live.typing(thread)

  let ticking: ReturnType<typeof setInterval> | undefined
  /** The program comes to the front, or the network came back. */
  function wake(): void {
    nowMS.value = Date.now()
    ticking ??= setInterval(() => {
      nowMS.value = Date.now()
    }, 1000)
    live.resume()
  }
  /** The program goes to the back: the phone will cut the socket anyway. */
  function sleep(): void {
    clearInterval(ticking)
    ticking = undefined
    live.pause()
  }

  watch(
    () => session.token,
    (token) => {
      const asleep = state.value === 'idle'
      live.reset()
      mine = new Driver()
      driver.value = undefined
      notices.value = []
      talks.clear()
      for (const id of Object.keys(chats)) delete chats[id]
      followOwn()
      for (const channel of users.keys()) if (token || channel.startsWith('station/')) live.join(channel)
      if (!asleep) live.resume()
    },
  )

  /** The member's own channel is followed as long as there is a member. */
  function followOwn(): void {
    if (session.signedIn && session.member) live.join(`driver/${session.member.id}`)
  }
  followOwn()

  return {
    state, fresh, ageMS, nowMS, hubNowMS, heardMS, driver, notices, stations, chats, refused,
    follow, readOlder, agentWrites, typing, wake, sleep,
  }
})

/** The fold of a channel, made when it is first needed. */
function foldOf<M>(folds: Map<string, M>, id: string, make: () => M): M {
  let fold = folds.get(id)
  if (!fold) {
    fold = make()
    folds.set(id, fold)
  }
  return fold
}
