/** The words of stations: what a nozzle does, what an offer is about. */
import type { IconName } from '@/theme/icons.gen'

/** A word with its icon; the tone is the class that colours it. */
export interface Sign {
  word: string
  icon: IconName
  tone: 'free' | 'busy' | 'off'
}

const pumps: Record<string, Sign> = {
  free: { word: '空闲', icon: 'check', tone: 'free' },
  busy: { word: '使用中', icon: 'car', tone: 'busy' },
  off: { word: '停用', icon: 'lock', tone: 'off' },
}

/** What a nozzle does, for whoever looks for one. */
export const pumpSign = (state: string): Sign => pumps[state] ?? pumps.off!

const offers: Record<string, string> = { recharge: '充值', discount: '优惠', gift: '赠品', news: '公告' }

/** What an offer is about. */
export const offerWord = (kind: string): string => offers[kind] ?? '活动'

/** What a driver does next at a nozzle in this state; "" where there is nothing to add. */
export function nozzleHint(state: string): string {
  switch (state) {
    case 'calling':
      return '已提枪，正在等待授权'
    case 'authorized':
      return '已授权，可以加油'
    case 'paused':
      return '加油已暂停'
    case 'stopped':
      return '加油站已停止这把油枪，请联系工作人员'
    case 'fault':
    case 'closed':
      return '这把油枪暂时不能使用，请换一把'
    case 'offline':
      return '油枪暂时没有响应，加油不受影响，数据稍后补上'
  }
  return ''
}
