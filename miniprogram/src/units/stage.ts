/**
 * What the fuelling page shows, worked out from what the phone remembers and
 * what the hub says. It is a pure function, so a page that slept, a tunnel and
 * a hub that was started again all end in the same place.
 */
import type { Claim, DriverSnap, Fuelling, Order } from '@/api/types'

/** How long fuel may have run when a nozzle is claimed (the hub's claim.Grace). */
const graceMS = 5 * 60_000
/** How long a nozzle that was ours may be missing before the page says so: a hub that starts again needs a moment. */
export const missingMS = 5_000
/** How long last figures wait for their order; beyond that the records are the place to look. */
export const figuresMS = 10 * 60_000
/** How long an unpaid sale that nobody watched is brought up here. */
export const recentMS = 30 * 60_000

/** The running figures of one sale. */
export interface Figures {
  sale: string
  station: string
  nozzle: number
  grade: string
  state: string
  volume: number
  amount: number
  price: number
  /** When the dispenser answered, by the hub's clock in ms. */
  seenMS: number
}

/** What the phone remembers of this fuelling. */
export interface Memory {
  claim?: Claim
  /** When the claim was made, by the hub's clock in ms. */
  claimedMS: number
  /** The sale that was watched, "" before fuel ran. */
  sale: string
  /** The last sale that the driver put away. */
  done: string
  figures?: Figures
  /** Since when the hub no longer says that we stand at the nozzle, by its clock in ms; 0 while it does. */
  missingSince: number
  /** The waiting that was put away with its sale: a tick that said its end may have been lost. */
  past?: string
}

/** What the page shows. */
export type Stage =
  | { kind: 'enter' }
  | { kind: 'waiting'; station: string; stationName: string; nozzle: number; grade: string; state: string; price: number; untilMS: number }
  | { kind: 'running'; figures: Figures; ending: boolean }
  | { kind: 'over'; order: Order }
  | { kind: 'expired'; claim: Claim; late: boolean }

/** Works out the stage. fresh says whether the snapshot is true now. */
export function stageOf(m: Memory, snap: DriverSnap | undefined, fresh: boolean, hubNowMS: number): Stage {
  const run = runOf(m, snap)
  const orders = snap?.orders ?? []
  const became = orderOfClaim(m, orders)
  if (run && !run.sale && !became) return waitingOf(m, run)
  const sale = run?.sale || m.sale || became?.sale || recent(m, orders, hubNowMS)?.sale
  if (sale && sale !== m.done) {
    const stage = saleStage(m, sale, orders, run, hubNowMS)
    if (stage) return stage
  }
  return m.claim && !m.claim.sale && sale !== m.done ? claimStage(m, m.claim, fresh && snap !== undefined, hubNowMS) : { kind: 'enter' }
}

/** What the hub says of our nozzle, but not what was put away. */
function runOf(m: Memory, snap: DriverSnap | undefined): Fuelling | undefined {
  const run = snap?.fuelling
  return run && m.past && !run.sale && waitingName(run) === m.past ? undefined : run
}

/** What tells one waiting from a later one at the same nozzle. */
export const waitingName = (run: Fuelling): string => `${run.station}/${run.nozzle}/${run.state}/${run.seen_at ?? ''}`

/** A sale that is known: it runs, or is over. undefined if nothing is left to say of it. */
function saleStage(m: Memory, sale: string, orders: Order[], run: Fuelling | undefined, hubNowMS: number): Stage | undefined {
  const order = orders.find((o) => o.sale === sale)
  if (order && order.state !== 'open') return { kind: 'over', order }
  const own = m.figures?.sale === sale ? m.figures : undefined
  if (run?.sale) return { kind: 'running', figures: own ?? figuresOf(run), ending: false }
  if (order) return { kind: 'running', figures: own ?? figuresOfOrder(order), ending: false }
  if (own && hubNowMS - own.seenMS < figuresMS) return { kind: 'running', figures: own, ending: true }
  const told = m.claim?.sale === sale && hubNowMS - m.claimedMS < figuresMS
  return told ? { kind: 'running', figures: figuresOfClaim(m.claim!), ending: false } : undefined
}

/** A claim that waits, or did. Without a line nobody knows whether fuel runs by now: then it waits. */
function claimStage(m: Memory, claim: Claim, fresh: boolean, hubNowMS: number): Stage {
  const untilMS = Date.parse(claim.until)
  const late = hubNowMS >= untilMS
  const gone = m.missingSince > 0 && hubNowMS - m.missingSince >= missingMS
  if (fresh && (late || gone)) return { kind: 'expired', claim, late }
  return {
    kind: 'waiting', station: claim.station, stationName: claim.station_name, nozzle: claim.nozzle, grade: claim.grade,
    state: '', price: 0, untilMS,
  }
}

/** The hub says that we stand at a nozzle, whichever way it found out. */
function waitingOf(m: Memory, run: Fuelling): Stage {
  const own = m.claim && m.claim.station === run.station && m.claim.nozzle === run.nozzle ? m.claim : undefined
  return {
    kind: 'waiting', station: run.station, stationName: own?.station_name ?? '', nozzle: run.nozzle, grade: run.grade,
    state: run.state, price: run.price_fen_per_l, untilMS: own ? Date.parse(own.until) : 0,
  }
}

/** The order that a claim became while nobody looked: of its nozzle and in its time, by the hub's own rule. */
function orderOfClaim(m: Memory, orders: Order[]): Order | undefined {
  const claim = m.claim
  if (!claim) return undefined
  return orders.find((o) => {
    const started = Date.parse(o.started_at)
    const ended = o.ended_at ? Date.parse(o.ended_at) : Infinity
    const there = o.station === claim.station && o.nozzle === claim.nozzle
    return there && started >= m.claimedMS - graceMS && started < Date.parse(claim.until) && ended >= m.claimedMS
  })
}

/** The newest order, if it runs or has just been left unpaid. */
function recent(m: Memory, orders: Order[], hubNowMS: number): Order | undefined {
  const newest = orders[0]
  if (!newest || newest.sale === m.done || m.claim) return undefined
  if (newest.state === 'open') return newest
  const young = hubNowMS - Date.parse(newest.ended_at ?? newest.started_at) < recentMS
  return newest.state === 'unpaid' && young ? newest : undefined
}

/** Takes what the hub says into what is remembered. Figures of one sale never fall. */
export function remember(m: Memory, snap: DriverSnap | undefined, hubNowMS: number): Memory {
  if (!snap) return m
  const run = runOf(m, snap)
  const missingSince = run || !m.claim ? 0 : m.missingSince || hubNowMS
  if (!run?.sale) return run ? { ...m, missingSince, sale: '', figures: undefined } : { ...m, missingSince }
  const before = m.figures?.sale === run.sale ? m.figures : undefined
  const now = figuresOf(run)
  const figures: Figures = before
    ? { ...now, volume: Math.max(before.volume, now.volume), amount: Math.max(before.amount, now.amount), seenMS: Math.max(before.seenMS, now.seenMS) }
    : now
  return { ...m, missingSince, sale: run.sale, figures }
}

function figuresOf(run: Fuelling): Figures {
  return {
    sale: run.sale ?? '', station: run.station, nozzle: run.nozzle, grade: run.grade, state: run.state,
    volume: run.volume_ml, amount: run.amount_fen, price: run.price_fen_per_l, seenMS: run.seen_at ? Date.parse(run.seen_at) : 0,
  }
}

function figuresOfOrder(o: Order): Figures {
  return {
    sale: o.sale, station: o.station, nozzle: o.nozzle, grade: o.grade, state: 'fuelling',
    volume: o.volume_ml, amount: o.amount_fen, price: o.price_fen_per_l, seenMS: 0,
  }
}

/** Fuel ran already when the nozzle was claimed; the figures are on their way. */
function figuresOfClaim(c: Claim): Figures {
  return { sale: c.sale ?? '', station: c.station, nozzle: c.nozzle, grade: c.grade, state: 'fuelling', volume: 0, amount: 0, price: 0, seenMS: 0 }
}

/** "9:59" of a time that is left; "0:00" when it is up. Pages' clocks go by seconds and so are behind: the broken one is left out. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
