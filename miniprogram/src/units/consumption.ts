/** What a vehicle burns, as pages draw it. The hub works it out; nothing is divided here but a bar's length. */
import type { Consumption, MonthOfFuel, TripInterval } from '@/api/types'
import { litres, tenths, yuan } from './text'
import { date } from './time'

/** What stands where there is no figure. */
export const noFigure = '—'

/** Litres for 100 km: "8.0", or that there is none. */
export const averageText = (c: Consumption | undefined): string => (c?.enough ? tenths(c.average_per_100km_dl) : noFigure)

/** Yuan for 100 km: "80.00", or that there is none. */
export const costText = (c: Consumption | undefined): string => (c?.enough ? yuan(c.cost_per_100km_fen) : noFigure)

/** Why there is no figure, and what helps. */
export interface Gap {
  title: string
  hint: string
}

const gaps: Record<string, Gap> = {
  vehicle: { title: '这段时间还没有这辆车的里程记录', hint: '打开一笔加油记录，选择车辆并填写里程表读数，加满时打开“加满”' },
  full: { title: '加满的记录还不够两次', hint: '油耗从一次加满算到下一次加满。加满后，在那笔订单里打开“加满”并填写里程' },
  odometer: { title: '两次加满之间没有里程', hint: '在加满的那两笔订单里填写里程表读数，系统会自动算出油耗' },
  outlier: { title: '里程读数可疑，暂不计算', hint: '算出的油耗不合常理，可能是读数填错，或有一次加油没有记录，请核对里程' },
}

/** The gap of a consumption in words; undefined if there is a figure. */
export function gapOf(c: Consumption): Gap | undefined {
  if (c.enough) return undefined
  return gaps[c.missing ?? ''] ?? { title: '数据不足，暂时算不出油耗', hint: '需要同一辆车至少两次加满，并都填写里程' }
}

/** One month as two bars. */
export interface Bar {
  month: string
  label: string
  refuels: number
  spent: string
  volume: string
  /** Lengths in percent of the largest month. */
  spentPercent: number
  volumePercent: number
}

/** Months as bars, oldest last. A month with little still shows a little. */
export function bars(list: MonthOfFuel[] | null | undefined): Bar[] {
  const all = list ?? []
  const mostFen = Math.max(1, ...all.map((m) => m.spent_fen))
  const mostML = Math.max(1, ...all.map((m) => m.volume_ml))
  return all.map((m) => ({
    month: m.month, label: monthLabel(m.month, all), refuels: m.refuels, spent: yuan(m.spent_fen), volume: litres(m.volume_ml),
    spentPercent: share(m.spent_fen, mostFen), volumePercent: share(m.volume_ml, mostML),
  }))
}

const share = (part: number, most: number): number => (part <= 0 ? 0 : Math.max(2, Math.round((part * 100) / most)))

/** "11月"; with the year where the list goes over more than one. */
function monthLabel(month: string, all: MonthOfFuel[]): string {
  const [year, number] = month.split('-')
  const several = new Set(all.map((m) => m.month.slice(0, 4))).size > 1
  return several ? `${year!.slice(2)}年${Number(number)}月` : `${Number(number)}月`
}

/** One interval between two full tanks. */
export interface IntervalRow {
  key: string
  span: string
  distance: string
  volume: string
  cost: string
  average: string
  outlier: boolean
}

/** Two full tanks on one day need that day once. */
const span = (from: string, to: string): string => (from === to ? from : `${from} 至 ${to}`)

/** The intervals as rows, newest first. */
export function intervalRows(list: TripInterval[] | null | undefined): IntervalRow[] {
  return (list ?? []).map((i) => ({
    key: `${i.from}-${i.to}`, span: span(date(i.from_at), date(i.to_at)), distance: `${i.distance_km} km`, volume: `${litres(i.volume_ml)} L`,
    cost: yuan(i.cost_fen), average: tenths(i.average_per_100km_dl), outlier: i.outlier === true,
  }))
}
