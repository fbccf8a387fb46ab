/** The same program against a real hub, with pumpd and simulated dispensers behind it (house/cmd/stage). */
import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dist } from '../build'
import { openStage, type Stage } from '../stage'
import { clean } from './both'
import { openEasel, type Stand } from './stand'

const nozzle = 4
const phone = `138${String(randomInt(100_000_000)).padStart(8, '0')}`
const who = `easel${phone.slice(3)}`
let stage: Stage
let stand: Stand
beforeAll(async () => {
  stage = await openStage()
  stand = await openEasel({ dist, hub: stage.at.hub, mocks: { who, phone } })
})
afterAll(async () => {
  await stand?.close()
  await stage?.close()
})

test('prices come from the hub before anybody signs in', async () => {
  await stand.waitFor(/\d\.\d\d/)
  expect(await stand.find('#station-name').innerText()).not.toBe('')
  await clean(stand)
})

test("signing in: WeChat's code and the phone's code at the hub", async () => {
  await stand.open('/pkg-account/login?back=1')
  await stand.tap('#agree')
  await stand.tap('#wechat')
  await stand.tap('#phone-number')
  await stand.waitForPage('pages/home/home')
  expect((await stand.storage())['forecourt.token']).toBeTruthy()
  await stand.tab('我的')
  await stand.waitFor(`138****${phone.slice(7)}`)
  await clean(stand)
})

test('a car fuels: the claim, the running figures, the order, its evidence', async () => {
  const codes = await stage.order<Record<string, string>>('codes')
  await stand.tab('加油')
  await stand.input('#code', codes[String(nozzle)]!)
  await stand.tap('#claim')
  await stand.waitFor('提枪加油')
  await stage.order('lift', { nozzle, money_fen: 10_000 })
  await stand.waitFor('加油中', 20_000)
  await stand.waitFor('100.00', 20_000)
  await stage.order('hang', { nozzle })
  await stand.find('#over-state').waitFor({ timeout: 20_000 })
  await stand.waitFor('100.00')
  await stand.tap('#evidence')
  await stand.waitForPage('pkg-records/evidence')
  await stand.waitFor('油机数据相符')
  await stand.back()
  await stand.open('/pkg-records/records')
  await stand.waitFor('100.00')
  await clean(stand)
})

test('chat: said, recorded, answered', async () => {
  const kept = await stand.storage()
  await stand.page.clock.install()
  await stand.start('/pkg-records/records', kept)
  await stand.waitFor('100.00')
  await stand.tap('#record-0')
  await stand.tap('#service') // with the station where the car fuelled
  await stand.waitForPage('pkg-chat/chat')
  await stand.find('#text').waitFor()
  await stand.input('#text', '发票怎么开？')
  await stand.tap('#send')
  await stand.waitFor(/已送达|已读/)
  await stand.tap('#voice')
  await stand.find('#recording').waitFor()
  await stand.page.clock.fastForward(600) // shorter is a slip of the finger
  await stand.tap('#voice')
  await stand.waitFor('″')
  const opened = (await stand.calls('socketSend')).map((c) => /"chat\/(\w+)"/.exec(String(c.args.data))?.[1]).find(Boolean)
  await stage.order('answer', { thread: opened, text: '在订单页面可以申请' })
  await stand.waitFor('在订单页面可以申请')
  await clean(stand)
})
