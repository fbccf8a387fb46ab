/** Prices and queues: read by HTTP, moved by the socket, still right after sleep and tunnel. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { memberID, order, otherID, stationID } from '../fixtures'
import { epoch } from '../standin'
import { clean, openBoth, signedIn, until, type Both } from './both'

let both: Both
beforeAll(async () => {
  both = await openBoth()
  await both.stand.page.clock.install() // it runs on, and a test may stop it
})
afterAll(() => both?.close())
beforeEach(() => both.stand.start())

test('the nearest station is listed, and a price comes over the socket', async () => {
  const { stand, hub } = both
  await stand.waitFor('翠湖加油站')
  await stand.waitFor('7.89')
  expect(await stand.find('#station-far').innerText()).toMatch(/m|米|km|公里/)
  expect(hub.at('GET', '/v1/driver/stations').length).toBeGreaterThan(0)
  await until(() => hub.heard.some((f) => f.ch === `station/${stationID}` || JSON.stringify(f.d ?? '').includes(stationID)), 'a follow of the station')
  hub.price(765)
  await stand.waitFor('7.65')
  await clean(stand)
})

test('without a location the list is there and a station is chosen by hand', async () => {
  const { stand } = both
  await stand.mock('getFuzzyLocation', { errMsg: 'getFuzzyLocation:fail auth deny' })
  await stand.waitFor('离您最近的加油站')
  await stand.page.evaluate(() => (window as unknown as { wx: { reLaunch(o: object): Promise<unknown> } }).wx.reLaunch({ url: '/pages/home/home' }))
  await stand.waitFor('可手动选择')
  await stand.tap('#choose-station')
  await stand.waitForPage('pkg-station/stations')
  await stand.input('#search', '滇池')
  await stand.tap('滇池加油站')
  await stand.waitForPage('pages/home/home')
  await stand.waitFor('滇池加油站')
  expect((await stand.storage())['forecourt.station']).toBe(JSON.stringify(otherID))
  await clean(stand)
})

test('a station in a sub-package draws its price trend', async () => {
  const { stand } = both
  await stand.waitFor('翠湖加油站')
  await stand.tap('#station-now')
  await stand.waitForPage('pkg-station/station')
  await stand.waitFor('价格走势')
  await stand.find('#price-chart').waitFor()
  await until(async () => (await stand.ink('#price-chart')).pixels > 500, 'a drawn chart')
  const drawn = await stand.ink('#price-chart')
  expect(drawn.colours).toBeGreaterThan(2)
  expect(drawn.width).toBeGreaterThan(500) // in the pixels of the screen, two for one
  await clean(stand)
})

test('in the back the socket is closed, in front it goes on where it was', async () => {
  const { stand, hub } = both
  await stand.start(undefined, signedIn)
  await stand.waitFor('7.')
  await until(() => hub.heard.some((f) => f.ch === `driver/${memberID}` || JSON.stringify(f.d ?? '').includes(memberID)), 'a follow of the member')
  await until(async () => !(await stand.text()).includes('正在重新连接'), 'a live page')
  hub.price(771)
  hub.sell(order(5)) // an event of the member's own channel, so that its position is not the snapshot's
  await stand.waitFor('7.71')
  await stand.emit('appHide')
  const [closed] = await stand.waitForCalls('socketClose')
  expect(closed!.args.code).toBe(1000)
  hub.price(772) // nobody hears it
  const before = hub.heard.length
  await stand.within(1000, () => stand.emit('appShow'), '7.72')
  const hello = hub.heard.slice(before).find((f) => f.k === 'hello')!
  const resumed = (hello.d as { resume: { ch: string; ep?: string; seq: number }[] }).resume.find((r) => r.ch === `driver/${memberID}`)
  expect(resumed).toEqual({ ch: `driver/${memberID}`, ep: epoch, seq: 1 })
  await clean(stand)
})

test('in a tunnel the page says how old it is, and catches up after it', async () => {
  const { stand, hub } = both
  await stand.waitFor('7.')
  await until(() => hub.heard.some((f) => JSON.stringify(f).includes(stationID)), 'a follow')
  stand.offline(true)
  await stand.waitFor('正在重新连接')
  hub.price(799)
  stand.offline(false)
  await stand.within(1000, () => stand.emit('networkStatusChange', { isConnected: true, networkType: '4g' }), '7.99')
  await clean(stand)
})
