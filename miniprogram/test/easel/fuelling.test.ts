/** A car fuels: the nozzle is claimed by its code, the figures run, the order comes. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { order, saleID } from '../fixtures'
import { clean, openBoth, signedIn, type Both } from './both'

let both: Both
beforeAll(async () => {
  both = await openBoth({ storage: signedIn, page: '/pages/fuel/fuel' })
  await both.stand.page.clock.install() // it runs on, and a test may stop it
})
afterAll(() => both?.close())
beforeEach(async () => {
  both.hub.asked.length = 0
  await both.stand.start()
})

const claims = () => both.hub.at('POST', '/v1/driver/fuelling').map((a) => a.body)

test('from the tap to the paid order', async () => {
  const { stand, hub } = both
  await stand.start('/pages/home/home')
  await stand.tab('加油')
  await stand.waitForPage('pages/fuel/fuel')
  await stand.input('#code', 'k7q2 mnop')
  await stand.tap('#claim')
  await stand.waitFor('提枪加油')
  expect(claims()).toEqual([{ code: 'K7Q2MN0P' }])

  hub.fuel(10_000)
  await stand.waitFor('10.00')
  await stand.waitFor('78.90')
  hub.fuel(20_500)
  await stand.waitFor('20.50')

  const paid = { ...order(9), sale: saleID(9), volume_ml: 20_500, amount_fen: 16_175, paid_fen: 16_175, ended_at: new Date().toISOString() }
  hub.sell(paid)
  await stand.waitFor('已付款')
  await stand.waitFor('161.75')
  await stand.tap('#finish')
  await stand.waitFor('输入油枪码')
  await clean(stand)
})

test('a code is scanned', async () => {
  const { stand } = both
  await stand.mock('scanned', 'https://example.invalid/m/?code=K7Q2MN0P')
  await stand.tap('#scan')
  await stand.waitFor('提枪加油')
  expect(claims()).toEqual([{ code: 'K7Q2MN0P' }])
  await clean(stand)
})

test('a tap twice is one claim', async () => {
  const { stand } = both
  await stand.input('#code', 'K7Q2MN0P')
  await stand.page.evaluate(() => {
    const button = document.querySelector('[data-id=claim]') as HTMLElement & { __wxElement: { triggerEvent(n: string, d: object, o: object): void } }
    for (let i = 0; i < 2; i++) button.__wxElement.triggerEvent('tap', {}, { bubbles: true, composed: true })
  })
  await stand.waitFor('提枪加油')
  expect(claims()).toHaveLength(1)
  await clean(stand)
})

test('the phone sleeps while fuel runs and shows the sale when it wakes', async () => {
  const { stand, hub } = both
  await stand.input('#code', 'K7Q2MN0P')
  await stand.tap('#claim')
  await stand.waitFor('提枪加油')
  await stand.emit('appHide')
  const now = new Date().toISOString()
  hub.sell({ ...order(8), sale: saleID(8), state: 'unpaid', paid_fen: 0, due_fen: 9_900, volume_ml: 12_548, amount_fen: 9_900, started_at: now, ended_at: now, paid_at: undefined })
  await stand.within(1000, () => stand.emit('appShow'), '99.00')
  await clean(stand)
})
