/** What a member sees of themselves, as text. */
import type { Habits, HabitTime } from '@/api/types'
import { gradeName, tenths, yuan } from './text'

/** A phone number in groups, as it is read aloud: "138 0000 1234". */
export const groupPhone = (phone: string): string => (phone.length === 11 ? `${phone.slice(0, 3)} ${phone.slice(3, 7)} ${phone.slice(7)}` : phone)

/** How to address a member who gave no name. */
export const nameOf = (name: string | undefined): string => name || '车主'

const dayMS = 86_400_000

/** A time between two fuellings in days with one place: "7.0 天", "不到一天" below one; "" for none. */
export const intervalText = (ms: number): string => {
  if (ms <= 0) return ''
  return ms < dayMS ? '不到一天' : `${tenths(Math.floor((ms * 10 + dayMS / 2) / dayMS))} 天`
}

const weekdays = ['周日', '周一', '周二', '周三', '周四', '周五', '周六']

/** An hour of a weekday: "周六 17 至 18 点". */
export const habitTime = (t: HabitTime): string => `${weekdays[t.weekday] ?? ''} ${t.hour} 至 ${t.hour + 1} 点`

/** One line of how a member fuels. */
export interface HabitLine {
  key: string
  label: string
  text: string
}

/** How a member fuels; what is not known yet is a dash. */
export function habitLines(h: Habits): HabitLine[] {
  const or = (text: string) => text || '—'
  const times = (h.times ?? []).map(habitTime)
  return [
    { key: 'usual', label: '常加油品', text: or(h.usual ? gradeName(h.usual) : '') },
    { key: 'interval', label: '平均间隔', text: or(intervalText(h.interval_ms)) },
    { key: 'average', label: '平均金额', text: h.refuels ? `¥${yuan(h.average_fen)}` : '—' },
    { key: 'times', label: '常去时段', text: or(times.join('，')) },
  ]
}

const kinds: Record<string, string> = { wechat: '微信', alipay: '支付宝', bank: '银行卡' }

/** What a payment account is called. */
export const accountKind = (kind: string): string => kinds[kind] ?? '账户'

/** What is wrong with an account as typed, in words; "" if nothing is. */
export function accountFault(kind: string, account: string): string {
  const text = account.replace(/\s/g, '')
  if (text === '') return '请填写账户'
  if (kind === 'bank' && !/^\d{12,19}$/.test(text)) return '银行卡号是 12 到 19 位数字'
  return text.length < 4 || text.length > 64 ? '账户长度在 4 到 64 个字符之间' : ''
}

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/** Whether text is an ID number of the mainland: 18 characters with a right check character (GB 11643). */
export function isIDNumber(text: string): boolean {
  if (!/^[1-9]\d{16}[\dXx]$/.test(text)) return false
  const sum = weights.reduce((s, w, i) => s + w * Number(text[i]), 0)
  return '10X98765432'[sum % 11] === text[17]!.toUpperCase()
}
