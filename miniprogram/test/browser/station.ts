/** What the people at the stage's station do for a test, and what their till says. */
import { randomInt } from 'node:crypto'
import type { components } from '@/api/schema.gen'
import type { StationCard } from '@/api/types'
import { stage, until, type Phone } from './phone'

/** A sale as the till has it. */
export type Sale = components['schemas']['Sale']

/** Staff numbers of the stage. */
export const head = '1001'
export const cashier = '2001'

/** A request of a member of staff that has to be granted. */
export async function as<T = unknown>(number: string, method: string, path: string, body?: object): Promise<T> {
  const { status, answer } = await stage.order<{ status: number; answer: T }>('as', { number, method, path, body })
  if (status < 200 || status > 299) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`)
  return answer
}

/** The sale that the till has of a nozzle last. */
export async function lastSale(nozzle: number): Promise<Sale | undefined> {
  return (await as<{ sales: Sale[] | null }>(cashier, 'GET', `/v1/sales?nozzle=${nozzle}&limit=1`)).sales?.[0]
}

/** Takes cash for a sale. */
export const pay = (sale: Sale) =>
  as<Sale>(cashier, 'POST', `/v1/sales/${sale.id}/payments`, { tender: 'cash', due_fen: sale.due_fen, tendered_fen: sale.due_fen })

/** The stations as anybody may read them. */
export async function stations(): Promise<StationCard[]> {
  return (await (await fetch(`${stage.at.plain}/v1/driver/stations`)).json()) as StationCard[]
}

let codes: Promise<Record<string, string>> | undefined
/** What the sticker at a nozzle says. */
export const codeAt = async (nozzle: number): Promise<string> => (await (codes ??= stage.order<Record<string, string>>('codes')))[String(nozzle)]!

/** A telephone number nobody had yet. */
export const newNumber = (): string => `139${String(randomInt(100_000_000)).padStart(8, '0')}`

/** Says at a phone that its owner stands at a nozzle. */
export async function claim(phone: Phone, nozzle: number): Promise<void> {
  if (phone.front !== 'pages/fuel/fuel') await phone.go('/pages/fuel/fuel')
  await phone.input('#code', await codeAt(nozzle))
  await phone.tap('#claim')
  await phone.waitFor(`${nozzle}号枪`, undefined, '#waiting-nozzle')
}

/**
 * Claims, fuels until the dispenser ends by itself at an amount, hangs up and
 * puts the order away; gives the till's sale. Nozzles 1 to 8 take an amount beforehand.
 */
export async function fuel(phone: Phone, nozzle: number, fen: number): Promise<Sale> {
  await claim(phone, nozzle)
  await stage.order('lift', { nozzle, money_fen: fen })
  await phone.waitFor('加油中', 10_000, '#running-state')
  await phone.waitFor('待支付', 20_000, '#over-state')
  await stage.order('hang', { nozzle })
  const sale = await saleAs(nozzle, 'unpaid')
  await phone.tap('#finish')
  if (sale.amount_fen !== fen) throw new Error(`the till has ${JSON.stringify(sale)}`)
  return sale
}

/** Waits until a nozzle's sale stands somewhere at the till. */
export async function saleAs(nozzle: number, state: string): Promise<Sale> {
  let sale: Sale | undefined
  await until(async () => (sale = await lastSale(nozzle))?.state === state, `the sale at ${nozzle} became ${state}`, 10_000)
  return sale!
}
