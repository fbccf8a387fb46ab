/** A conversation with the station: text, voice, picture, an answer, and what waits for the network. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { stationID, threadID } from '../fixtures'
import { clean, openBoth, signedIn, until, type Both } from './both'

const said = `/v1/driver/threads/${threadID}/messages`
let both: Both
beforeAll(async () => {
  both = await openBoth({ storage: signedIn, page: `/pkg-chat/chat?station=${stationID}` })
  await both.stand.page.clock.install() // it runs on, and a test may put it forward
})
afterAll(() => both?.close())
beforeEach(async () => {
  both.hub.asked.length = 0
  await both.stand.start()
  await both.stand.waitFor('请问有什么可以帮您')
})

test('what is said comes back by the socket, and so does the answer', async () => {
  const { stand, hub } = both
  await stand.input('#text', '发票怎么开？')
  await stand.tap('#send')
  await stand.waitFor(/已送达|已读/)
  expect(hub.at('POST', said).map((a) => [a.body.kind, a.body.text])).toEqual([['text', '发票怎么开？']])
  expect(await stand.find('发票怎么开？').count()).toBe(1)
  hub.say('在订单页面可以申请')
  await stand.waitFor('在订单页面可以申请')
  await clean(stand)
})

test('a recording is uploaded and sent as a voice message', async () => {
  const { stand, hub } = both
  await stand.tap('#voice')
  await stand.find('#recording').waitFor()
  const [started] = await stand.calls('recorderStart')
  expect(started!.args).toMatchObject({ format: 'mp3', sampleRate: 16000, numberOfChannels: 1 })
  await stand.page.clock.fastForward(600) // shorter is a slip of the finger
  await stand.tap('#voice')
  await stand.waitForCalls('recorderStop')
  await stand.waitFor('2″')
  expect(hub.at('POST', `/v1/driver/threads/${threadID}/media`)[0]!.bytes).toBeGreaterThan(10_000)
  expect(hub.at('POST', said).map((a) => a.body.kind)).toEqual(['voice'])
  await clean(stand)
})

test('a refused microphone leaves text and picture', async () => {
  const { stand } = both
  await stand.mock('recorder', { errMsg: 'operateRecorder:fail auth deny' })
  await stand.tap('#voice')
  await stand.waitFor('可以改用文字或图片')
  await clean(stand)
})

test('without a network a message waits on the phone and is sent once', async () => {
  const { stand, hub } = both
  stand.offline(true)
  await stand.input('#text', '隧道里说的')
  await stand.tap('#send')
  await stand.waitFor('等待网络')
  expect(JSON.stringify(await stand.storage())).toContain('隧道里说的')
  stand.offline(false)
  await stand.emit('networkStatusChange', { isConnected: true, networkType: '4g' })
  await until(async () => !/等待网络|正在发送/.test(await stand.text()), 'the message at the hub')
  const ids = hub.at('POST', said).filter((a) => a.body.text === '隧道里说的').map((a) => a.body.id)
  expect(new Set(ids).size).toBe(1)
  await until(async () => (await stand.find('隧道里说的').count()) === 1, 'one message of the kind')
  await clean(stand)
})
