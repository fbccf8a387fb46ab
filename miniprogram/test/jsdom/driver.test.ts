/** The driver's ways with WeChat's own templates: signing in, fuelling, records, chat, with the page's logic in jsdom. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Frame, Position } from '../../src/api/types'
import { dist } from '../build'
import { code, fuelling, member, memberID, order, phone as number, said, saleID, stationID, threadID, token } from '../fixtures'
import { Standin } from '../standin'
import { Phone, textOf } from './phone'

let hub: Standin
let phone: Phone
const complaints: string[] = []
const error = console.error

beforeEach(() => {
  console.error = (...what: unknown[]) => void complaints.push(what.map(String).join(' '))
  hub = new Standin()
  phone = new Phone(dist, network, line)
})
afterEach(() => {
  phone.stop()
  console.error = error
  expect(complaints.splice(0)).toEqual([])
})

function network(method: string, url: URL, body: unknown, from: string): { status: number; data?: object } {
  return hub.reply({ method, path: url.pathname, query: url.searchParams, body: (body ?? {}) as Record<string, unknown>, bytes: 0, token: from })
}

/** The stand-in's end of the socket, without a network. */
function line(f: Frame): Frame[] {
  hub.heard.push(f)
  if (f.k === 'join') return [hub.snap(f.ch!)]
  if (f.k !== 'hello') return []
  const { resume } = f.d as { resume: Position[] }
  return [{ k: 'welcome', d: { v: 1, now: new Date().toISOString() } }, ...resume.map((at) => hub.snap(at.ch))]
}

function signIn(): void {
  phone.storage.set('forecourt.token', JSON.stringify(token))
  phone.storage.set('forecourt.member', JSON.stringify(member))
}

test('signing in: WeChat asks for the phone, a refusal leads to the text message', async () => {
  phone.start()
  const page = await phone.open('pkg-account/login', { back: '1' })
  await phone.act(page, 'wechat')
  expect(textOf(page)).toContain('请先阅读并勾选')
  await phone.act(page, 'agree')
  await phone.act(page, 'wechat')
  expect(hub.at('POST', '/v1/driver/wechat').map((a) => a.body)).toEqual([{ code: 'js-driver-1' }])
  await phone.act(page, 'phone-number', 'getphonenumber', { errMsg: 'getPhoneNumber:fail user deny' })
  await phone.act(page, 'phone', 'input', { value: number })
  await phone.act(page, 'send-code')
  await phone.act(page, 'code', 'input', { value: code })
  await phone.act(page, 'login')
  expect(phone.storage.get('forecourt.token')).toBe(JSON.stringify(token))
  expect(phone.navigated).toContain('/pages/home/home')
})

test('S075 the number in full: asked for at a tap, a refusal is said in words', async () => {
  signIn()
  phone.start()
  const page = await phone.open('pages/me/me')
  expect(textOf(page)).toContain('138****8000')
  await phone.act(page, 'phone')
  expect(textOf(page)).toContain('138 0013 8000')
  await phone.act(page, 'phone')
  expect(textOf(page)).not.toContain('138 0013 8000')
  hub.refuses = 'too-many'
  await phone.act(page, 'phone')
  expect(textOf(page)).toContain('操作太频繁')
  expect(textOf(page)).toContain('138****8000')
})

test('fuelling: the nozzle by its code, the figures, the order', async () => {
  signIn()
  phone.start()
  const page = await phone.open('pages/fuel/fuel')
  await phone.act(page, 'code', 'input', { value: 'k7q2-mn0p' })
  await phone.act(page, 'claim')
  expect(textOf(page)).toContain('提枪加油')
  expect(hub.at('POST', '/v1/driver/fuelling').map((a) => a.body)).toEqual([{ code: 'K7Q2MN0P' }])
  const ch = `driver/${memberID}`
  await phone.say({ k: 'fuelling', ch, seq: 0, d: fuelling(10_000) })
  expect(textOf(page)).toContain('10.00')
  await phone.say({ k: 'order', ch, seq: 1, d: { ...order(9), sale: saleID(9), amount_fen: 7_890, volume_ml: 10_000 } })
  expect(textOf(page)).toContain('78.90')
  expect(textOf(page)).toContain('已付款')
})

test('records: the list, one of them, its evidence', async () => {
  signIn()
  phone.start()
  const list = await phone.open('pkg-records/records')
  expect(textOf(list)).toContain('260.37')
  const record = await phone.open('pkg-records/record', { sale: saleID(3) })
  expect(textOf(record)).toContain('33.00')
  const evidence = await phone.open('pkg-records/evidence', { sale: saleID(3) })
  expect(textOf(evidence)).toContain('油机数据相符')
  expect(textOf(evidence)).toContain('1000.000')
})

test('chat: what is said is at the hub and comes back, the answer too', async () => {
  signIn()
  phone.start()
  const page = await phone.open('pkg-chat/chat', { station: stationID })
  expect(textOf(page)).toContain('请问有什么可以帮您')
  await phone.act(page, 'text', 'input', { value: '发票怎么开？' })
  await phone.act(page, 'send')
  const [message] = hub.at('POST', `/v1/driver/threads/${threadID}/messages`)
  expect(message!.body).toMatchObject({ kind: 'text', text: '发票怎么开？' })
  const ch = `chat/${threadID}`
  const answer = said(3, 'agent', { text: '在订单页面可以申请' })
  await phone.say({ k: 'message', ch, seq: 1, d: hub.messages.at(-1) }, { k: 'message', ch, seq: 2, d: answer })
  expect(textOf(page).split('发票怎么开？')).toHaveLength(2)
  expect(textOf(page)).toContain('在订单页面可以申请')
})
