/** The words of records: where a sale stands, how it was paid, what a line of it is. */
import type { IconName } from '@/theme/icons.gen'

/** Where a sale stands, for a driver. */
export interface Standing {
  word: string
  /** What that means for the money, in one line. */
  hint: string
  icon: IconName
  /** The class that colours it. */
  tone: 'fuelling' | 'unpaid' | 'quarantined' | 'fault' | 'idle' | 'good'
}

const standings: Record<string, Standing> = {
  open: { word: '加油中', hint: '正在加油，结束后显示金额', icon: 'flow', tone: 'fuelling' },
  unpaid: { word: '待支付', hint: '请到收银台付款', icon: 'wallet', tone: 'unpaid' },
  paid: { word: '已支付', hint: '', icon: 'check', tone: 'good' },
  quarantined: { word: '存疑', hint: '数据核对中，暂不收费', icon: 'scales', tone: 'quarantined' },
  missing: { word: '待补录', hint: '油站正在补录这笔加油，暂不收费', icon: 'clock', tone: 'quarantined' },
  test: { word: '回罐测试', hint: '检测用油，不收费', icon: 'tank', tone: 'idle' },
  drive_off: { word: '未付款', hint: '离站时未付款，请联系油站补付', icon: 'wallet', tone: 'fault' },
  void: { word: '已作废', hint: '这笔不收费', icon: 'cross', tone: 'idle' },
}

/** The standing of a state; one that is not known yet says so. */
export const standingOf = (state: string): Standing => standings[state] ?? { word: '处理中', hint: '请稍后刷新查看', icon: 'clock', tone: 'idle' }

/** How a sale was paid; it is empty until it was. */
export function tenderWord(tender: string | undefined): string {
  if (!tender) return '未付款'
  return tender === 'cash' ? '现金' : '其他方式'
}

const fees: Record<string, string> = {
  gross: '油枪金额', discount: '单价优惠', campaign: '活动优惠', coupon: '优惠券', points: '积分抵扣', due: '应付', paid: '实付',
}

/** What a line of a fee is called. */
export const feeWord = (kind: string): string => fees[kind] ?? '其他'
