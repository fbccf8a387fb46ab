/** What the pages show, made as a station and a driver make it: prices, offers, fuellings, words. */
import type { Stage } from '../stage'
import type { Member, Order, OrderList, Thread } from '../../src/api/types'

/** The station's head and cashier, at the stage. */
const head = '1001'
const cashier = '2001'

/** Something a member of staff asks of the hub; it has to be granted. */
async function as<T>(stage: Stage, number: string, method: string, path: string, body?: object): Promise<T> {
  const { status, answer } = await stage.order<{ status: number; answer: T }>('as', { number, method, path, ...(body ? { body } : {}) })
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`)
  return answer
}

/** Prices that moved, an offer, cars that wait: what every driver sees. */
export async function openStation(stage: Stage): Promise<void> {
  const prices = (...list: [string, number][]) =>
    as(stage, head, 'POST', '/v1/prices', { prices: list.map(([grade, price]) => ({ grade, price_fen_per_l: price })) })
  await prices(['92#', 762], ['95#', 812], ['98#', 908])
  await prices(['92#', 755], ['95#', 803], ['98#', 899], ['0#', 722])
  await prices(['92#', 748], ['95#', 795], ['98#', 889])
  const day = 86_400_000
  await as(stage, head, 'POST', '/v1/offers', {
    kind: 'discount', title: '周末加 92# 每升省 0.20 元', text: '周六、周日全天，单笔满 30 升。',
    from: new Date().toISOString(), until: new Date(Date.now() + 30 * day).toISOString(),
  })
  await as(stage, head, 'POST', '/v1/offers', {
    kind: 'gift', title: '加满 200 元送玻璃水一瓶', text: '每车每天一次，送完为止。',
    from: new Date().toISOString(), until: new Date(Date.now() + 14 * day).toISOString(),
  })
  await as(stage, cashier, 'PUT', '/v1/station/queue', { waiting: 3 })
}

/** Takes the cash for a sale. */
export async function pay(stage: Stage, order: Order): Promise<void> {
  await as(stage, cashier, 'POST', `/v1/sales/${order.sale}/payments`, { tender: 'cash', due_fen: order.due_fen, tendered_fen: order.due_fen })
}

/** A driver who signed in, as the pages know them, and who acts without the pages. */
export class Driver {
  private codes: Record<string, string> = {}

  constructor(
    private readonly stage: Stage,
    private readonly token: string,
  ) {}

  /** Asks the hub for something, as the pages do. */
  async ask<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await fetch(`${this.stage.at.plain}/v1/driver/${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, 'Content-Type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`)
    return (answer.status === 204 ? undefined : await answer.json()) as T
  }

  /** Their name and cars; answers the cars' ids. */
  async introduce(): Promise<[string, string]> {
    await this.ask('PUT', 'me', { name: '林晓峰' })
    await this.ask('POST', 'vehicles', { plate: '云A6F72K', model: '朗逸', tank_ml: 52_000 })
    const member = await this.ask<Member>('POST', 'vehicles', { plate: '云AD81206', model: '唐 DM-i', tank_ml: 60_000 })
    const [first, second] = member.vehicles ?? []
    return [first!.id, second!.id]
  }

  /** The code on a nozzle's sticker. */
  async code(nozzle: number): Promise<string> {
    if (!this.codes[nozzle]) this.codes = await this.stage.order<Record<string, string>>('codes')
    return this.codes[nozzle]!
  }

  /** Their orders, newest first. */
  async orders(): Promise<Order[]> {
    return (await this.ask<OrderList>('GET', 'orders?limit=20')).orders ?? []
  }

  /** Notes a trip beside an order. */
  async note(order: Order, vehicle: string, odometer: number, full = true): Promise<void> {
    await this.ask('PUT', `orders/${order.sale}/trip`, { vehicle, odometer_km: odometer, full })
  }

  /** The conversation with the station. */
  async thread(): Promise<Thread> {
    return this.ask<Thread>('POST', 'threads', { station: this.stage.at.station })
  }
}
