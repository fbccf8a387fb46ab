import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import * as hub from '@/api/hub'
import { onSessionEnded, useToken } from '@/api/http'
import type { DriverSession, Member } from '@/api/types'
import { forget, load, save } from '@/platform/storage'

/** Who uses this phone: a member, or nobody yet. Prices and queues need nobody. */
export const useSession = defineStore('session', () => {
  const token = ref(load<string>('token') ?? '')
  const member = ref<Member | undefined>(load<Member>('member'))
  const signedIn = computed(() => token.value !== '')
  /** Whether the hub ended the session: the next page says so once. */
  const ended = ref(false)

  useToken(token.value)
  onSessionEnded(() => {
    clear()
    ended.value = true
  })

  function clear(): void {
    token.value = ''
    member.value = undefined
    useToken('')
    forget('token')
    forget('member')
  }

  /** Takes a session that was opened. */
  function take(session: DriverSession): void {
    token.value = session.token
    ended.value = false
    useToken(session.token)
    save('token', session.token)
    setMember(session.member)
  }

  /** Takes the member's own entry as the hub has it now. */
  function setMember(m: Member): void {
    member.value = m
    save('member', m)
  }

  async function loginByCode(phone: string, code: string, wechatCode?: string): Promise<void> {
    take(await hub.login(phone, code, wechatCode))
  }

  async function loginByWeChat(code: string, phoneCode?: string): Promise<void> {
    take(await hub.wechatLogin(code, phoneCode))
  }

  /** Ends the session here, also when the hub cannot be told. */
  async function logout(): Promise<void> {
    await hub.logout().catch(() => undefined)
    clear()
  }

  return { token, member, signedIn, ended, take, setMember, loginByCode, loginByWeChat, logout, clear }
})
