/** What the driver decides: what may be kept, what is handed out, what is erased, and how pages look. */
import { expect, test } from 'vitest'
import type { components } from '@/api/schema.gen'
import type { ConsentList, Member, MemberExport } from '@/api/types'
import { ask, join, open, tried } from './driver'
import { clean, stage, until, type Phone } from './phone'
import { as, head, newNumber } from './station'

const purposesOf = async (token: string) => {
  const list = await ask<ConsentList>('GET', '/v1/driver/consents', { token })
  return (list.consents ?? []).filter((c) => c.given).map((c) => c.purpose)
}

test('consent is given and taken back for each purpose by itself, and what was kept for it goes', async () => {
  const session = await join(newNumber())
  const phone = await open(session)
  await phone.go('/pkg-account/settings')
  await phone.tap('#to-consents')
  await phone.waitForPage('pkg-account/consents')
  await phone.find('#give-id_number').waitFor()
  const all = await phone.find('[id^=purpose-]').count()
  expect(all).toBeGreaterThan(2)
  expect(await phone.find('[id^=give-]').count()).toBe(all) // nothing is agreed to beforehand
  await phone.tap('#give-id_number')
  await phone.waitFor('已同意', undefined, '#purpose-id_number')
  expect(await purposesOf(session.token)).toEqual(['id_number'])

  await phone.turn('/pkg-account/member')
  await phone.find('#accounts').getByText('去授权管理').waitFor() // the other purpose is still asked for
  await phone.tap('#id-add')
  await phone.input('#id-input', '110105194912310021')
  await phone.tap('#id-save')
  await phone.waitFor('身份证号码不正确', undefined, '#id-error')
  await phone.input('#id-input', '11010519491231002X')
  await phone.tap('#id-save')
  await phone.find('#id-masked').waitFor()
  expect(await phone.text()).not.toContain('19491231')

  await phone.turn('/pkg-account/consents')
  await phone.tap('#revoke-id_number')
  await phone.find('#give-id_number').waitFor()
  expect(await purposesOf(session.token)).toEqual([])
  expect((await ask<Member>('GET', '/v1/driver/me', { token: session.token })).id_number ?? '').toBe('')
  clean(phone)
})

test('the export is a file with all that is the driver\'s own, and nothing of anybody else', async () => {
  const [number, strangers] = [newNumber(), newNumber()]
  const session = await join(number)
  const stranger = await join(strangers)
  for (const [who, name, plate, words] of [[session, '杨学勤', '云A12345', '我的发票问题'], [stranger, '段正明', '云B67890', '别人的发票问题']] as const) {
    await ask('PUT', '/v1/driver/me', { token: who.token, body: { name } })
    await ask('POST', '/v1/driver/vehicles', { token: who.token, body: { plate } })
    const thread = await ask<{ id: string }>('POST', '/v1/driver/threads', { token: who.token, body: { station: stage.at.station } })
    await ask('POST', `/v1/driver/threads/${thread.id}/messages`, { token: who.token, body: { id: thread.id, kind: 'text', text: words } })
  }
  const phone = await open(session)
  await phone.go('/pkg-account/settings')
  const file = await phone.saved(() => phone.tap('#export'))
  await phone.waitFor('已导出', undefined, '#words')
  expect(file.name).toMatch(/\.json$/)
  const text = file.content.toString('utf8')
  const mine = JSON.parse(text) as MemberExport
  expect(mine.member).toMatchObject({ number: session.member.number, phone: number, name: '杨学勤' })
  for (const own of ['云A12345', '我的发票问题']) expect(text).toContain(own)
  for (const others of [strangers, '段正明', '云B67890', '别人的发票问题', stranger.member.number, stranger.member.id]) expect(text).not.toContain(others)
  clean(phone)
})

/** How a page looks as the browser draws it. */
const looks = (phone: Phone) =>
  phone.page.evaluate(() => {
    const page = getComputedStyle(document.querySelector('.page')!)
    const button = document.querySelector('#large-on')!.getBoundingClientRect()
    return { type: parseFloat(page.fontSize), ground: page.backgroundColor, target: button.height }
  })

test('large type and dark are chosen by hand, at once and for the next time', async () => {
  const phone = await open()
  await phone.go('/pkg-account/settings')
  const plain = await looks(phone)
  await phone.tap('#large-on')
  await phone.tap('#dark-on')
  await until(async () => (await looks(phone)).ground !== plain.ground, 'the page became dark')
  const chosen = await looks(phone)
  expect(chosen.type).toBeGreaterThanOrEqual(plain.type * 1.35)
  expect(chosen.target).toBeGreaterThan(plain.target)
  expect(Math.round(plain.target)).toBeGreaterThanOrEqual(44)
  await phone.go('/pkg-account/settings')
  expect(await looks(phone)).toEqual(chosen)
  clean(phone)
})

test('a lost phone is signed out from the one in hand, which stays', async () => {
  const number = newNumber()
  const [session, lost] = [await join(number), await join(number)]
  const [phone, other] = [await open(session), await open(lost)]
  let cut = 0
  phone.page.on('websocket', (w) => w.on('close', () => cut++))
  const ended = new Promise<void>((done) => other.page.on('websocket', (w) => w.on('close', () => done())))
  await other.go('/pkg-account/consents')
  await other.find('#give-location').waitFor()
  await until(() => other.sent.some((s) => s.includes('"hello"')), 'the lost phone had its socket')
  await phone.go('/pkg-account/settings')
  await until(() => phone.sent.some((s) => s.includes('"hello"')), 'the phone in hand had its socket')
  await phone.tap('#logout-others')
  await phone.tap('#logout-others-not')
  await phone.tap('#logout-others')
  await phone.offline(true)
  await phone.tap('#logout-others-now')
  await phone.waitFor('网络不通', undefined, '#words')
  await phone.offline(false)
  expect((await tried('GET', '/v1/driver/me', { token: lost.token })).status).toBe(200)
  await phone.tap('#logout-others-now')
  await phone.waitFor('已退出其他 1 处登录', undefined, '#words')
  await ended
  expect((await tried('GET', '/v1/driver/me', { token: lost.token })).status).toBe(401)
  await other.tap('#give-location')
  await other.waitFor('登录后查看授权')

  await phone.tap('#logout-others')
  await phone.tap('#logout-others-now')
  await phone.waitFor('没有在其他设备上登录', undefined, '#words')
  expect((await tried('GET', '/v1/driver/me', { token: session.token })).status).toBe(200)
  expect(cut).toBe(0)
  const log = await as<components['schemas']['LogPage']>(head, 'POST', '/v1/log/search', { member: session.member.number, action: 'session.end' })
  expect(log.entries).toMatchObject([{ member: session.member.number, result: 'ok' }])
  clean(phone)
  clean(other)
})

test('erasing asks for the member\'s number, ends every session, and the number may join again', async () => {
  const number = newNumber()
  const other = await join(number) // another device of the same driver
  const phone = await open()
  await phone.signIn(number)
  await ask('POST', '/v1/driver/vehicles', { token: other.token, body: { plate: '云A54321' } })
  const second = await open(other)
  await second.go('/pkg-account/consents')
  await second.find('#give-location').waitFor()

  await phone.turn('/pkg-account/settings')
  await phone.tap('#erase')
  await phone.input('#erase-number', 'M999999')
  expect(await phone.find('#erase-now').getAttribute('disabled')).not.toBeNull()
  await phone.tap('#erase-not')
  await phone.tap('#erase')
  await phone.input('#erase-number', other.member.number.toLowerCase())
  await phone.offline(true)
  await phone.tap('#erase-now')
  await phone.waitFor('网络不通', undefined, '#words')
  await phone.offline(false)
  await phone.tap('#erase-now')
  await phone.waitForPage('pkg-account/login')
  await phone.waitFor('账号已注销', undefined, '#erased')
  expect(await phone.page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain(number)
  expect((await tried('GET', '/v1/driver/me', { token: other.token })).status).toBe(401)
  await second.tap('#give-location')
  await second.waitFor('登录后查看授权')

  const again = await join(number)
  expect(again.member.id).not.toBe(other.member.id)
  expect(again.member.vehicles ?? []).toEqual([])
  clean(phone)
  clean(second)
})
