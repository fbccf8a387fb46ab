/** A made-up station and member, in the hub's own types: what the stand-in of the hub answers with. */
import type { Claim, Consumption, Evidence, Fuelling, Member, Message, Order, StationCard, StationSnap, Thread } from '../src/api/types'

export const stationID = '01J0000000000000000000STA1'
export const otherID = '01J0000000000000000000STA2'
export const memberID = '01J0000000000000000000MEM1'
export const threadID = '01J0000000000000000000THR1'
export const phone = '13800138000'
export const code = '246810'
export const token = 'token-of-the-test'

/** An id that sorts by n. */
export const saleID = (n: number) => `01J000000000000000000SALE${n}`
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()

export const member: Member = {
  id: memberID,
  number: 'M10001',
  name: '李师傅',
  phone: '138****8000',
  since: '2025-03-01T02:00:00Z',
  vehicles: [{ id: '01J0000000000000000000VEH1', plate: '云A12345', kind: 'small', tank_ml: 50_000 }],
}

export function snapshot(price = 789): StationSnap {
  return {
    station: '翠湖加油站',
    pumps: [
      { number: 1, grade: '92#', state: 'free', since: ago(9), price_fen_per_l: price },
      { number: 2, grade: '95#', state: 'busy', since: ago(2), price_fen_per_l: 843 },
    ],
    tariff: {
      since: ago(600),
      prices: [
        { grade: '92#', name: '92号汽油', price_fen_per_l: price },
        { grade: '95#', name: '95号汽油', price_fen_per_l: 843 },
      ],
    },
    queue: { grades: [{ grade: '92#', free: 1, busy: 0, off: 0 }, { grade: '95#', free: 0, busy: 1, off: 0, wait_minutes: 3 }] },
  }
}

export function cards(): StationCard[] {
  const { station: name, ...now } = snapshot()
  const place = { latitude_e6: 24_881_000, longitude_e6: 102_833_500 }
  const near: StationCard = { id: stationID, name, city: '昆明', address: '翠湖南路 1 号', phone: '0871-60000000', place, offers: [], seen_at: ago(0), ...now }
  return [near, { ...near, id: otherID, name: '滇池加油站', address: '滇池路 88 号', place: { latitude_e6: 24_831_000, longitude_e6: 102_683_500 } }]
}

/** A paid sale; the one with the larger n is the later, up to now. */
export function order(n: number): Order {
  const ended = ago(Math.max(0, 4 - n) * 24 * 60)
  return {
    sale: saleID(n), number: `A00${n}`, station: stationID, station_name: '翠湖加油站', nozzle: 1, grade: '92#', state: 'paid',
    volume_ml: 30_000 + n * 1000, amount_fen: 23_670 + n * 789, price_fen_per_l: 789, due_fen: 0, paid_fen: 23_670 + n * 789,
    started_at: ended, ended_at: ended, paid_at: ended, tender: 'cash',
  }
}

export const claim: Claim = {
  id: '01J0000000000000000000CLA1', station: stationID, station_name: '翠湖加油站', nozzle: 1, grade: '92#',
  until: new Date(Date.now() + 600_000).toISOString(),
}

/** The figures of the running delivery. */
export const fuelling = (volume_ml: number): Fuelling => ({
  station: stationID, nozzle: 1, grade: '92#', state: 'fuelling', sale: saleID(9), volume_ml,
  amount_fen: Math.round((volume_ml * 789) / 1000), price_fen_per_l: 789, seen_at: new Date().toISOString(),
})

export const consumption: Consumption = {
  enough: true, average_per_100km_dl: 76, cost_per_100km_fen: 5996, distance_km: 820, burnt_ml: 62_320, cost_fen: 49_170,
  refuels: 3, volume_ml: 96_000, spent_fen: 75_744, intervals: [],
  months: [{ month: '2026-10', refuels: 1, volume_ml: 33_000, spent_fen: 26_037 }, { month: '2026-11', refuels: 2, volume_ml: 63_000, spent_fen: 49_707 }],
}

export const evidence = (n: number): Evidence => ({
  order: order(n), dispenser: 1, before_ml: 1_000_000, after_ml: 1_030_000 + n * 1000, previous_ml: 1_000_000, shown_ml: 30_000 + n * 1000,
  shown_fen: 23_670 + n * 789, listed_fen_per_l: 789, price_since: ago(9000), device_key: 'K-77', lines: [],
  checks: [{ kind: 'totalizer', result: 'agrees' }, { kind: 'amount', result: 'agrees' }, { kind: 'chain', result: 'agrees' }, { kind: 'price', result: 'agrees' }],
  trace: Array.from({ length: 20 }, (_, i) => ({ t_ms: i * 3000, v_ml: Math.round(((30_000 + n * 1000) * i) / 19) })),
  signed: { algorithm: 'ed25519', key: 'a'.repeat(44), signature: 'b'.repeat(88), text: 'forecourt evidence 1' },
})

export function thread(last: number): Thread {
  return {
    id: threadID, station: stationID, station_name: '翠湖加油站', state: 'open', opened_at: ago(5), last, last_at: ago(1),
    driver_read: last, driver_unread: 0, agent_read: last, agent_unread: 0, agent: '01J0000000000000000000STF1', agent_name: '小王',
  }
}

export const said = (n: number, from: string, what: Partial<Message>): Message => ({
  id: `01J000000000000000000MSG${String(n).padStart(2, '0')}`, n, thread: threadID, from, kind: 'text', at: new Date().toISOString(), ...what,
})
