/** Who the driver is: signing in and out, the number that is masked, the name, the vehicles. */
import { expect, test } from 'vitest'
import type { components } from '@/api/schema.gen'
import type { Member } from '@/api/types'
import { ask, join, open, tokenOf, tried } from './driver'
import { clean, stage, until, type Phone } from './phone'
import { as, head, newNumber } from './station'

const masked = (number: string) => `${number.slice(0, 3)}****${number.slice(7)}`
const spaced = (number: string) => `${number.slice(0, 3)} ${number.slice(3, 7)} ${number.slice(7)}`
/** Whether a number can be read anywhere on a page, to be seen or not. */
async function bears(phone: Phone, number: string): Promise<boolean> {
  const html = await phone.find('body').evaluate((b) => b.outerHTML)
  return html.includes(number) || html.includes(spaced(number))
}
async function lastCode(number: string): Promise<string> {
  let code = ''
  await until(async () => (code = (await stage.order<{ code: string }>('code', { phone: number })).code) !== '', 'a code was sent')
  return code
}

test('S075 phone and one-time code: a wrong code says so, the right one opens the session', async () => {
  const phone = await open()
  const number = newNumber()
  await phone.go('/pages/me/me')
  await phone.tap('#login')
  await phone.waitForPage('pkg-account/login')
  await phone.input('#phone', number)
  await phone.tap('#send-code')
  await phone.waitFor('验证码已发送')
  const code = await lastCode(number)
  await phone.input('#code', code === '000000' ? '000001' : '000000')
  await phone.tap('#login')
  await phone.waitFor('请先阅读并勾选同意隐私说明', undefined, '#words')
  await phone.tap('#agree')
  await phone.tap('#login')
  await phone.waitFor('验证码错误或已过期', undefined, '#words')
  await phone.input('#code', code)
  await phone.tap('#login')
  await phone.waitForPage('pages/me/me') // where the driver came from
  await phone.waitFor(masked(number), undefined, '#phone')
  clean(phone)
})

/** Everything that a phone hears of the hub: answers, and what comes through sockets. */
function hears(phone: Phone): { all(): Promise<string> } {
  const heard: (string | Promise<string>)[] = []
  phone.page.on('response', (r) => {
    if (r.url().includes('/v1/')) heard.push(r.text().catch(() => ''))
  })
  phone.page.on('websocket', (w) => w.on('framereceived', (f) => heard.push(String(f.payload))))
  return { all: async () => (await Promise.all(heard)).join('\n') }
}

/** How often the security log says that a member's number was shown to the member. */
async function looks(member: Member): Promise<number> {
  const log = await as<components['schemas']['LogPage']>(head, 'POST', '/v1/log/search', { member: member.number, action: 'member.reveal' })
  const rows = log.entries ?? []
  expect(JSON.stringify(rows)).not.toMatch(/1[3-9]\d{9}/)
  return rows.filter((r) => r.member === member.number && r.result === 'ok' && !r.number).length
}

test('S075 the number does not reach the phone until its owner asks, and each time is on record', async () => {
  const number = newNumber()
  const session = await join(number)
  expect(JSON.stringify(session)).not.toContain(number)
  const phone = await open(session)
  const heard = hears(phone)
  for (const path of ['/pkg-account/member', '/pkg-account/settings', '/pages/messages/messages', '/pages/me/me']) {
    await phone.go(path)
    if (path !== '/pages/messages/messages') await phone.waitFor(/会员|注销/)
    expect(await bears(phone, number), path).toBe(false)
  }
  await phone.waitFor(masked(number), undefined, '#phone')
  await until(async () => /"k":"snap"[^\n]*"driver\//.test(await heard.all()), 'the socket brought the driver')
  expect(await heard.all()).toContain(masked(number))
  expect(await heard.all()).not.toContain(number)
  expect(await looks(session.member)).toBe(0)

  await phone.offline(true)
  await phone.tap('#phone')
  await phone.waitFor('网络不通', undefined, '#phone-words')
  await phone.offline(false)
  await phone.tap('#phone')
  await phone.waitFor(spaced(number), undefined, '#phone')
  expect(await looks(session.member)).toBe(1)
  expect(await phone.find('#phone-words').count()).toBe(0)

  await phone.tap('#phone')
  await phone.waitFor(masked(number), undefined, '#phone')
  await phone.tap('#phone')
  await phone.waitFor(spaced(number), undefined, '#phone')
  await phone.tap('#to-settings')
  await phone.waitForPage('pkg-account/settings')
  await phone.back()
  await phone.waitFor(masked(number), undefined, '#phone')
  expect(await bears(phone, number)).toBe(false)
  expect(await phone.page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain(number)
  expect(await looks(session.member)).toBe(2)
  for (const [method, path] of [['GET', '/v1/driver/me'], ['POST', '/v1/driver/me/phone']] as const) {
    expect((await tried(method, path)).status).toBe(401)
  }
  clean(phone)
})

test('signing out ends this session and clears this phone; another device stays signed in', async () => {
  const number = newNumber()
  const other = await join(number)
  const second = await open(other)
  const phone = await open()
  await phone.signIn(number)
  const token = await tokenOf(phone)
  await phone.turn('/pkg-account/settings')
  await phone.tap('#logout')
  await phone.waitForPage('pages/me/me')
  await phone.waitFor('登录后查看', undefined, '#invite')
  expect((await tried('GET', '/v1/driver/me', { token })).status).toBe(401)
  const left = await phone.page.evaluate(() => JSON.stringify({ ...localStorage }))
  expect(left).not.toContain(number)
  expect(left).not.toContain(token)
  await second.go('/pages/me/me')
  await second.waitFor(masked(number), undefined, '#phone')
  expect(await ask<Member>('GET', '/v1/driver/me', { token: other.token })).toMatchObject({ number: other.member.number })
  clean(phone)
  clean(second)
})

test('a session that was ended elsewhere says so and leads to the login', async () => {
  const session = await join(newNumber())
  const phone = await open(session)
  await phone.go('/pkg-account/consents')
  await phone.find('#give-location').waitFor()
  await ask('POST', '/v1/driver/logout', { token: session.token })
  await phone.tap('#give-location')
  await phone.waitFor('登录后查看授权')
  await phone.tap('#need-login uni-button')
  await phone.waitForPage('pkg-account/login')
  await phone.waitFor('登录已过期', undefined, '#ended')
  clean(phone)
})

/** Types a plate on the page's own keyboard. */
async function typePlate(phone: Phone, plate: string): Promise<void> {
  for (const letter of plate) await phone.page.locator('.wd-key', { hasText: new RegExp(`^${letter}$`) }).first().tap()
}

test('vehicles: added with the plate keyboard, a wrong plate is told, and removed', async () => {
  const session = await join(newNumber())
  const phone = await open(session)
  await phone.go('/pkg-account/vehicles')
  await phone.waitFor('还没有添加车辆')
  await phone.tap('.state-act')
  await typePlate(phone, '云A123')
  await phone.page.getByText('完成', { exact: true }).tap()
  await phone.tap('#save-vehicle')
  await phone.waitFor('还差 2 位', undefined, '#plate-error')
  await phone.tap('#plate')
  await typePlate(phone, '45')
  await phone.page.getByText('完成', { exact: true }).tap()
  await phone.input('#tank', '50')
  await phone.tap('#save-vehicle')
  await phone.waitFor('油箱 50 L', undefined, '#vehicle-0')
  const mine = () => ask<Member>('GET', '/v1/driver/me', { token: session.token })
  expect((await mine()).vehicles).toMatchObject([{ plate: '云A12345', kind: 'fuel', tank_ml: 50_000 }])

  await phone.tap('#add-vehicle')
  await typePlate(phone, '云AD67890')
  await phone.tap('#save-vehicle')
  await phone.waitFor('新能源', undefined, '#vehicle-1')

  await phone.tap('#remove-0')
  await phone.waitFor('移除这辆车', undefined, '#vehicle-0')
  await phone.tap('#confirm-remove-0')
  await until(async () => (await phone.find('#vehicle-1').count()) === 0, 'one vehicle was left')
  expect((await mine()).vehicles).toMatchObject([{ plate: '云AD67890', kind: 'new_energy' }])
  await phone.go('/pages/me/me')
  await phone.waitFor('1 辆', undefined, '#vehicle-count')
  clean(phone)
})

test('the name is edited, and a phone without a network says that it was not', async () => {
  const session = await join(newNumber())
  const phone = await open(session)
  await phone.go('/pkg-account/member')
  await phone.tap('#edit-name')
  await phone.input('#name-input', '  杨师傅 ')
  await phone.offline(true)
  await phone.tap('#save-name')
  await phone.waitFor('网络不通')
  await phone.offline(false)
  await phone.tap('#save-name')
  await phone.waitFor('杨师傅', undefined, '#name')
  expect((await ask<Member>('GET', '/v1/driver/me', { token: session.token })).name).toBe('杨师傅')
  await phone.go('/pages/me/me')
  await phone.waitFor('杨师傅', undefined, '#name')
  clean(phone)
})
