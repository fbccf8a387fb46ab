/** What a dispenser says of a delivery, as the page of evidence draws it. */
import type { Evidence, EvidenceCheck, TracePoint } from '@/api/types'
import type { IconName } from '@/theme/icons.gen'
import { litres, perLitre, totalizer, yuan } from './text'

/** One check: what is held against what, how it came out, and the figures. */
export interface CheckRow {
  kind: string
  title: string
  figures: string
  word: string
  icon: IconName
  tone: 'good' | 'bad' | 'soft'
}

const titles: Record<string, string> = {
  totalizer: '泵码差与油机显示的油量', chain: '泵码起与上一笔的泵码止', amount: '金额与单价乘油量', price: '枪上单价与挂牌单价',
}

const results: Record<string, Pick<CheckRow, 'word' | 'icon' | 'tone'>> = {
  agrees: { word: '相符', icon: 'check', tone: 'good' },
  differs: { word: '不符', icon: 'triangle', tone: 'bad' },
  unknown: { word: '无法核对', icon: 'search', tone: 'soft' },
}

/** The checks as rows, in the hub's order. */
export function checkRows(e: Evidence): CheckRow[] {
  return (e.checks ?? []).map((c) => ({
    kind: c.kind, title: titles[c.kind] ?? '其他核对', figures: figures(e, c), ...(results[c.result] ?? results.unknown!),
  }))
}

/** The figures that a check compares, in one line. */
function figures(e: Evidence, c: EvidenceCheck): string {
  switch (c.kind) {
    case 'totalizer':
      return `${totalizer(e.after_ml - e.before_ml)} L，油机显示 ${totalizer(e.shown_ml)} L`
    case 'chain':
      return e.previous_ml === undefined ? '没有上一笔的记录' : `${totalizer(e.before_ml)}，上一笔止 ${totalizer(e.previous_ml)}`
    case 'amount':
      return `¥${yuan(e.shown_fen)}，${perLitre(e.order.price_fen_per_l)} × ${litres(e.shown_ml)} L`
    case 'price':
      return e.listed_fen_per_l ? `${perLitre(e.order.price_fen_per_l)}，挂牌 ${perLitre(e.listed_fen_per_l)} 元/L` : '没有当时的挂牌价'
  }
  return ''
}

/** What all checks come to. */
export type Verdict = 'agrees' | 'differs' | 'unknown'

/** One check that differs makes all differ; if the litres could not be proved, nothing is claimed. */
export function verdict(e: Evidence): Verdict {
  const of = (result: string) => (e.checks ?? []).filter((c) => c.result === result).map((c) => c.kind)
  if (of('differs').length > 0) return 'differs'
  return of('agrees').includes('totalizer') ? 'agrees' : 'unknown'
}

const doubts: Record<string, string> = {
  totalizer: '油机显示的油量与泵码走过的油量不一样',
  chain: '开始时的泵码与上一笔结束时的泵码接不上',
  amount: '油机显示的金额不等于单价乘油量',
  price: '加油的单价不是当时的挂牌价',
}

/** What does not agree, a sentence each. */
export const doubtsOf = (e: Evidence): string[] =>
  (e.checks ?? []).filter((c) => c.result === 'differs').map((c) => doubts[c.kind] ?? '有一项数据对不上')

/** Whether a person set the figures right that the dispenser had shown. */
export const corrected = (e: Evidence): boolean => e.shown_ml !== e.order.volume_ml || e.shown_fen !== e.order.amount_fen

/** A point of a chart in CSS pixels. */
export interface Dot {
  x: number
  y: number
}

/** Where a chart lies on its canvas. */
export interface Frame {
  left: number
  top: number
  width: number
  height: number
}

/** The curve of litres over time within a frame; empty with fewer than two points. */
export function curve(trace: TracePoint[] | null | undefined, frame: Frame): Dot[] {
  const points = trace ?? []
  if (points.length < 2) return []
  const last = points[points.length - 1]!.t_ms || 1
  const most = Math.max(1, ...points.map((p) => p.v_ml))
  return points.map((p) => ({ x: frame.left + (frame.width * p.t_ms) / last, y: frame.top + frame.height - (frame.height * p.v_ml) / most }))
}

/** Marks of an axis from zero up to most, at round steps of 1, 2 or 5 and at most so many; steps are no smaller than base. */
export function marks(most: number, base: number, atMost = 5): number[] {
  let step = base
  for (let i = 0; most / step > atMost; i++) step = (i % 3 === 1 ? step / 2 : step) * (i % 3 === 1 ? 5 : 2)
  const list: number[] = []
  for (let at = 0; at <= most; at += step) list.push(at)
  return list
}

/** Marks of a time axis in ms, at steps that clocks have. */
export function timeMarks(mostMS: number, atMost = 4): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600].map((s) => s * 1000)
  const step = steps.find((s) => mostMS / s <= atMost) ?? Math.ceil(mostMS / atMost / 3600_000) * 3600_000
  const list: number[] = []
  for (let at = 0; at <= mostMS; at += step) list.push(at)
  return list
}

/** Time since the start: "0:05", "12:30". */
export const runClock = (ms: number): string => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`
