/** Records and their proof: the list, the statistics, the dispenser's evidence in one tap. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { saleID } from '../fixtures'
import { clean, openBoth, signedIn, until, type Both } from './both'

let both: Both
beforeAll(async () => {
  both = await openBoth({ storage: signedIn, page: '/pkg-records/records' })
})
afterAll(() => both?.close())
beforeEach(() => both.stand.start())

test('the list with its sums, and another time by a tap', async () => {
  const { stand, hub } = both
  await stand.waitFor('翠湖加油站')
  await stand.waitFor('260.37')
  await stand.waitFor('7.6')
  await stand.tap('#range-3m')
  const from = () => new Set(hub.at('GET', '/v1/driver/orders').map((a) => a.query.get('from')))
  await until(() => from().size === 2, 'a request for another time')
  await clean(stand)
})

test('a record opens, and the evidence with its curve and its PDF', async () => {
  const { stand, hub } = both
  await stand.waitFor('翠湖加油站')
  await stand.tap('#record-0')
  await stand.waitForPage('pkg-records/record')
  await stand.waitFor('260.37')
  await stand.tap('#evidence')
  await stand.waitForPage('pkg-records/evidence')
  await stand.waitFor('油机数据相符')
  expect(await stand.find('#before').innerText()).toContain('1')
  await until(async () => (await stand.ink('#curve')).pixels > 300, 'a drawn chart')
  await stand.tap('#pdf')
  const [opened] = await stand.waitForCalls('openDocument')
  expect(String(opened!.args.filePath)).toMatch(/\.pdf$/)
  expect(hub.at('GET', `/v1/driver/orders/${saleID(3)}/evidence.pdf`)).toHaveLength(1)
  await clean(stand)
})

test('consumption: full to full, and month by month', async () => {
  const { stand } = both
  await stand.open('/pkg-records/consumption')
  await stand.waitFor('7.6')
  expect(await stand.find('#average').innerText()).toBe('7.6')
  const widths = await stand.find('#month-2026-11').locator('.bar, [class*="--bar"]').evaluateAll((bars) => bars.map((b) => b.getBoundingClientRect().width))
  expect(widths.every((w) => w > 100)).toBe(true)
  await clean(stand)
})
