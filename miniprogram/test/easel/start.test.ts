/** Every page of the package opens on glass-easel, from its address and without anybody signed in. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dist } from '../build'
import { clean, openBoth, until, type Both } from './both'
import { configOf, pagesOf } from './compile'

/** The hub as the package was built for it, as a socket's address. */
const built = 'wss://127.0.0.1:8443'
let both: Both
beforeAll(async () => {
  both = await openBoth()
})
afterAll(() => both?.close())

test.each(pagesOf(configOf(dist)))('%s opens, in the styles all pages share', async (page) => {
  const { stand } = both
  await stand.start(`/${page}`)
  expect(await stand.pages()).toEqual([page])
  const root = stand.find('.page')
  expect(await root.count()).toBe(1)
  expect(await root.evaluate((e) => getComputedStyle(e).backgroundColor)).toBe('rgb(245, 247, 249)')
  await clean(stand)
})

test('the shim refuses what WeChat refuses', async () => {
  const { stand } = both
  await stand.start()
  const refused = (call: string) => stand.page.evaluate(`${call}.then(() => 'taken', (e) => e.errMsg)`)
  expect(await refused("wx.navigateTo({ url: '/pages/me/me' })")).toContain('tabbar')
  expect(await refused("wx.switchTab({ url: '/pkg-account/login' })")).toContain('no-tabBar')
  expect(await refused("wx.navigateTo({ url: '/pkg-none/none' })")).toContain('not found')
  expect(await refused('wx.getLocation({})')).toContain('requiredPrivateInfos')
  for (let n = 1; n < 10; n++) await stand.open('/pkg-account/login')
  expect(await refused("wx.navigateTo({ url: '/pkg-account/login' })")).toContain('limit')
  expect(await stand.pages()).toHaveLength(10)
})

test('the sixth socket is refused and never opened', async () => {
  const { stand, hub } = both
  stand.requests.length = 0
  hub.heard.length = 0
  await stand.start()
  await until(() => hub.heard.some((f) => f.k === 'hello'), "the program's own socket")
  const dial = `Promise.all(Array.from({ length: 5 }, () => new Promise((done) => wx.connectSocket({ url: '${built}/v1/live', success: () => done('open'), fail: () => done('refused') }))))`
  const sockets = () => stand.requests.filter((u) => u.startsWith('ws:')).length
  expect(await stand.page.evaluate(dial)).toEqual(['open', 'open', 'open', 'open', 'refused'])
  await until(() => sockets() >= 5, 'five sockets')
  expect(sockets()).toBe(5)
  expect(await stand.errors()).toHaveLength(1)
})

test('left alone for a minute it asks no other host', async () => {
  const { stand } = both
  await stand.page.clock.install()
  await stand.start()
  await stand.waitFor('翠湖加油站')
  await stand.page.clock.runFor(60_000)
  await clean(stand)
})
