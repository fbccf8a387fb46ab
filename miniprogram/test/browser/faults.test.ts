/** What goes wrong on the way: the hub dies, the phone is in a tunnel, or in a pocket. */
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { clean, openPhone, stage, until, type Phone } from './phone'
import { claim, newNumber, saleAs } from './station'
import { measured } from './tally'

/** What a page may take to be true again is a second; a loaded machine is given more. */
const boundMS = 5000
let phone: Phone
beforeAll(async () => {
  phone = await openPhone()
  await phone.signIn(newNumber())
})
afterEach(() => phone.offline(false))
afterAll(() => phone?.close())

/** A car fuels at a nozzle, as much as it likes, and the page follows. */
async function begin(nozzle: number): Promise<void> {
  await claim(phone, nozzle)
  await stage.order('lift', { nozzle, money_fen: 900_000 })
  await phone.waitFor('加油中', 10_000, '#running-state')
}

/** When the hub answers; asked again and again from now on. */
async function answering(): Promise<number> {
  for (;;) {
    const ok = await fetch(`${stage.at.plain}/healthz`, { signal: AbortSignal.timeout(500) }).then((r) => r.ok, () => false)
    if (ok) return Date.now()
    await new Promise((done) => setTimeout(done, 10))
  }
}

/** Waits until no part of the page says that it is old. */
const current = () => until(async () => !(await phone.find('.old').isVisible()), 'the page was true again', boundMS + 5000)

/** The figures that run now are more than these. */
const moves = (from: number) => until(async () => (await amount()) > from, 'the figures ran on', boundMS + 5000)
const amount = async () => Number(/\d+\.\d\d/.exec(await phone.read('#running-amount'))![0].replace('.', ''))

test('the hub dies while a car fuels and starts again: the page says how old it is, and catches up', async () => {
  await begin(5)
  await stage.order('kill')
  await phone.waitFor(/数据更新于.+，正在重新连接/, 10_000, '.old')
  const then = await amount()
  const [back] = await Promise.all([answering(), stage.order('start')])
  await current()
  const took = Date.now() - back
  measured(inject('tally'), { after: 'hub restarted', ms: took })
  await moves(then)
  expect(took).toBeLessThan(boundMS)
  await stage.order('hang', { nozzle: 5 })
  await phone.waitFor('待支付', 10_000, '#over-state')
  const sale = await saleAs(5, 'unpaid')
  expect(Number(/\d+\.\d\d/.exec(await phone.read('#over-amount'))![0].replace('.', ''))).toBe(sale.amount_fen)
  await phone.tap('#finish')
  clean(phone)
})

test('a tunnel: the car stops fuelling meanwhile, and the order is there when the network is', async () => {
  await begin(8)
  await phone.offline(true)
  await phone.waitFor(/数据更新于.+，正在重新连接/, 20_000, '.old')
  await stage.order('hang', { nozzle: 8 })
  const sale = await saleAs(8, 'unpaid')
  const back = Date.now()
  await phone.offline(false)
  await phone.waitFor('待支付', boundMS + 5000, '#over-state')
  await current()
  const took = Date.now() - back
  measured(inject('tally'), { after: 'tunnel', ms: took })
  expect(took).toBeLessThan(boundMS)
  expect(Number(/\d+\.\d\d/.exec(await phone.read('#over-amount'))![0].replace('.', ''))).toBe(sale.amount_fen)
  await phone.tap('#finish')
  clean(phone)
})

test('the phone sleeps while the car fuels: woken, the page is true at once', async () => {
  await begin(10)
  await phone.sleep()
  await stage.order('hang', { nozzle: 10 })
  const sale = await saleAs(10, 'unpaid')
  const back = Date.now()
  await phone.wake()
  await phone.waitFor('待支付', boundMS + 5000, '#over-state')
  const took = Date.now() - back
  measured(inject('tally'), { after: 'phone woken', ms: took })
  expect(took).toBeLessThan(boundMS)
  expect(Number(/\d+\.\d\d/.exec(await phone.read('#over-amount'))![0].replace('.', ''))).toBe(sale.amount_fen)
  await phone.tap('#finish')
  clean(phone)
})

test('a page that was never opened opens without a network: its code was fetched ahead', async () => {
  const fresh = await openPhone()
  await fresh.go('/pages/home/home')
  const fetched = () => fresh.page.evaluate(() => performance.getEntriesByType('resource').some((e) => e.name.includes('pkg-account-settings') && e.name.endsWith('.js')))
  await until(fetched, 'the pages were fetched ahead', 10_000)
  await fresh.page.waitForLoadState('networkidle')
  await fresh.offline(true)
  await fresh.turn('/pkg-account/settings')
  await fresh.waitFor('大字（关怀模式）')
  clean(fresh)
  await fresh.close()
})
