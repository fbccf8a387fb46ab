/** Signing in inside WeChat: by its own identity, with the phone's code for a new one, or by a text message. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { code, phone, token } from '../fixtures'
import { clean, openBoth, signedIn, type Both } from './both'

let both: Both
beforeAll(async () => {
  both = await openBoth({ page: '/pkg-account/login' })
})
afterAll(() => both?.close())
beforeEach(async () => {
  both.hub.knowsWeChat = false
  both.hub.asked.length = 0
  await both.stand.start()
})

test('a new identity brings the phone number by its code, and home is next', async () => {
  const { stand, hub } = both
  await stand.tap('#agree')
  await stand.tap('#wechat')
  await stand.tap('#phone-number')
  await stand.waitForPage('pages/home/home')
  const asked = hub.at('POST', '/v1/driver/wechat').map((a) => a.body)
  expect(asked).toHaveLength(2)
  expect(asked[0]!.code).toMatch(/^js-driver-/)
  expect(asked[0]!.phone_code).toBeUndefined()
  expect(asked[1]!.phone_code).toMatch(/^phone-\d{11}-/)
  expect(asked[1]!.code).not.toBe(asked[0]!.code) // a code is good once
  const kept = await stand.storage()
  expect(kept['forecourt.token']).toBe(JSON.stringify(token))
  expect(JSON.stringify(kept)).not.toContain('session_key')
  await clean(stand)
})

test('without agreement nothing is asked of WeChat', async () => {
  const { stand } = both
  await stand.tap('#wechat')
  await stand.waitFor('请先阅读并勾选')
  expect(await stand.calls('login')).toEqual([])
})

test('a refused phone number leads on to the text message', async () => {
  const { stand, hub } = both
  await stand.mock('getPhoneNumber', { errMsg: 'getPhoneNumber:fail user deny' })
  await stand.tap('#agree')
  await stand.tap('#wechat')
  await stand.tap('#phone-number')
  await stand.waitFor('没有关系')
  await stand.input('#phone', phone)
  await stand.tap('#send-code')
  await stand.waitFor('验证码已发送')
  await stand.input('#code', '000000')
  await stand.tap('#login')
  await stand.find('#words').waitFor()
  await stand.input('#code', code)
  await stand.tap('#login')
  await stand.waitForPage('pages/home/home')
  expect(hub.at('POST', '/v1/driver/codes')[0]!.body).toEqual({ phone })
  await clean(stand)
})

test('S075 the number in full is asked for at a tap, and gone at the next', async () => {
  const { stand, hub } = both
  await stand.start('/pages/me/me', signedIn)
  await stand.waitFor('138****8000')
  expect(hub.at('POST', '/v1/driver/me/phone')).toEqual([])
  await stand.tap('#phone')
  await stand.waitFor('138 0013 8000')
  await stand.tap('#phone')
  await stand.waitFor('138****8000')
  await stand.tap('#phone')
  await stand.waitFor('138 0013 8000')
  await stand.tab('首页')
  await stand.tab('我的')
  await stand.waitFor('138****8000')
  expect(hub.at('POST', '/v1/driver/me/phone')).toHaveLength(2)
  expect(JSON.stringify(await stand.storage())).not.toContain(phone)
  await clean(stand)
})

test('the session is kept for the next start, and ended by the hub it asks again', async () => {
  const { stand, hub } = both
  hub.knowsWeChat = true
  await stand.tap('#agree')
  await stand.tap('#wechat')
  await stand.waitForPage('pages/home/home')
  await stand.start('/pages/me/me', await stand.storage())
  await stand.waitFor('李师傅')
  expect(await stand.find('#phone').innerText()).toBe('138****8000')
  await stand.start('/pages/me/me', { 'forecourt.token': '"an old one"', 'forecourt.member': (await stand.storage())['forecourt.member'] })
  await stand.waitFor('登录后查看')
  await clean(stand)
})
