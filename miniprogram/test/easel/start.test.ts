/** Every page of the package opens on glass-easel, from its address and without anybody signed in. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dist } from '../build'
import { clean, openBoth, type Both } from './both'
import { configOf, pagesOf } from './compile'

let both: Both
beforeAll(async () => {
  both = await openBoth()
})
afterAll(() => both?.close())

test('every page of app.json opens, in the styles all pages share', async () => {
  const { stand } = both
  for (const page of pagesOf(configOf(dist))) {
    await stand.start(`/${page}`)
    expect(await stand.pages()).toEqual([page])
    const root = stand.find('.page')
    expect(await root.count(), page).toBe(1)
    expect(await root.evaluate((e) => getComputedStyle(e).backgroundColor), page).toBe('rgb(245, 247, 249)')
    await clean(stand)
  }
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

test('left alone for a minute it asks no other host', async () => {
  const { stand } = both
  await stand.page.clock.install()
  await stand.start()
  await stand.waitFor('翠湖加油站')
  await stand.page.clock.runFor(60_000)
  await clean(stand)
})
