/**
 * Photographs every page of the browser build against a real station:
 *
 *     npx vite-node test/shots.ts ../docs/screenshots/driver
 *
 * H5_DIST is another build than dist/build/h5.
 */
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import pages from '../src/pages.json'
import { Camera, openBrowser } from './shots/camera'
import { Driver, openStation, pay } from './shots/content'
import { openStage, type Stage } from './stage'

/** Litres run this much faster than life: quick, and slow enough to be seen running. */
const speed = 8
/** How long the driver speaks. */
const spokenMS = 3200
const phoneNumber = '13888123456'

/** Nozzles of 92# that stop by themselves at an amount, by what they are used for. */
const nozzles = { before: [3, 5, 3], running: 1 }

/** The picture that the driver sends: a scratched sticker. */
const sticker = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 240" font-family="Noto Sans CJK SC" text-anchor="middle">
  <rect width="320" height="240" fill="#4a525c"/><rect x="28" y="30" width="264" height="180" rx="12" fill="#f4f4ef" transform="rotate(-2 160 120)"/>
  <g transform="rotate(-2 160 120)" fill="#16202b"><text x="160" y="92" font-size="46" font-weight="700">3 号枪 92#</text>
  <rect x="112" y="110" width="96" height="50"/><text x="160" y="194" font-size="22" letter-spacing="3">请输入 8 位编码</text></g>
  <path d="M96 116 l128 40 M104 150 l112 -34 M120 104 l84 62" stroke="#f4f4ef" stroke-width="7"/></svg>`

/** The pages that were photographed, to be held against pages.json. */
const seen = new Set<string>()

/** What a session of photographs needs. */
interface Studio {
  stage: Stage
  browser: Browser
  site: string
  folder: string
}

/** Goes to a page, waits for what it is about and takes it in both themes. */
async function page(camera: Camera, path: string, name: string, shows: string, tall = false): Promise<void> {
  await camera.go(path)
  await camera.sees(shows)
  await camera.both(name, tall)
  seen.add(path.replace(/^\/|\?.*$/g, ''))
}

/** A phone that nobody signed in on and that says nothing of where it is. */
async function stranger(s: Studio): Promise<void> {
  const camera = await Camera.open(s.browser, s.site, s.folder, { located: false })
  await camera.sees('#relocate')
  await camera.sees('#station-price')
  await camera.both('home-denied')
  await page(camera, '/pages/fuel/fuel', 'fuel-guest', '#need-login')
  await page(camera, '/pkg-records/records', 'records-guest', '#need-login')
  await page(camera, '/pages/me/me', 'me-guest', '#invite')
  await page(camera, '/pkg-account/login', 'login', '#phone')
  await camera.close()
}

/** Signs in as a driver does: by the code that came to the phone. */
async function signIn(s: Studio, camera: Camera): Promise<Driver> {
  await camera.go('/pkg-account/login')
  await camera.page.locator('#phone input').fill(phoneNumber)
  await camera.page.locator('#send-code:visible').click()
  await camera.page.locator('#code:visible input').fill(await codeFor(s.stage))
  await camera.page.locator('#agree:visible').click()
  await camera.page.locator('#login:visible').click()
  await camera.sees('#station-price')
  return new Driver(s.stage, JSON.parse((await camera.storage())['forecourt.token']!) as string)
}

/** The code that was sent; it is there as soon as it was asked for. */
async function codeFor(stage: Stage): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const { code } = await stage.order<{ code: string }>('code', { phone: phoneNumber })
    if (code) return code
    await new Promise((next) => setTimeout(next, 100))
  }
  throw new Error('no code was sent')
}

/** Says at which nozzle one stands. */
async function claim(camera: Camera, driver: Driver, nozzle: number): Promise<void> {
  await camera.go('/pages/fuel/fuel')
  await camera.page.locator('#code:visible input').fill(await driver.code(nozzle))
  await camera.page.locator('#claim:visible').click()
  await camera.sees('#waiting-nozzle')
}

/** Fuels for so much; running is what is done in the middle. */
async function fuel(s: Studio, camera: Camera, nozzle: number, fen: number, running = async () => {}): Promise<void> {
  await s.stage.order('lift', { nozzle, money_fen: fen })
  await camera.sees('#running-amount')
  await running()
  await camera.sees('#over-state') // it stops by itself at that amount
  await s.stage.order('hang', { nozzle })
}

/** Three fuellings of the past, paid and noted, on the phone of a driver who signed in. */
async function past(s: Studio, camera: Camera, driver: Driver, car: string): Promise<void> {
  const amounts = [28_600, 31_450, 29_980]
  const odometers = [42_310, 42_868, 43_391]
  for (const [i, nozzle] of nozzles.before.entries()) {
    await claim(camera, driver, nozzle)
    await fuel(s, camera, nozzle, amounts[i]!)
    const [order] = await driver.orders()
    await pay(s.stage, order!)
    await driver.note(order!, car, odometers[i]!)
    await camera.page.locator('#finish:visible').click()
  }
}

/** The fuelling that is photographed, from the nozzle's code to the order. */
async function fuelling(s: Studio, camera: Camera, driver: Driver): Promise<void> {
  await page(camera, '/pages/fuel/fuel', 'fuel', '#code')
  await claim(camera, driver, nozzles.running)
  await camera.both('fuel-waiting')
  await fuel(s, camera, nozzles.running, 30_000, async () => {
    await camera.page.locator('#running-amount:visible', { hasText: /[1-9]\d\d\.\d\d/ }).waitFor()
    await camera.both('fuel-running')
  })
  await camera.both('fuel-over')
  await camera.page.locator('#finish:visible').click()
}

/** A conversation: words, a picture and a voice message of both sides. */
async function talk(s: Studio, camera: Camera, driver: Driver): Promise<void> {
  const { page: p } = camera
  await camera.go(`/pkg-chat/chat?station=${s.stage.at.station}`)
  const thread = (await driver.thread()).id
  await p.locator('#text textarea').fill('3 号枪的标签刮花了，手机扫不出来。')
  await p.locator('#send').click()
  await camera.sees('已送达')
  const chosen = p.waitForEvent('filechooser')
  await p.locator('#picture').click()
  await (await chosen).setFiles({ name: 'sticker.png', mimeType: 'image/png', buffer: await camera.drawn(sticker) })
  await p.locator('text=已送达 >> visible=true').nth(1).waitFor()
  await s.stage.order('answer', { thread, text: '不用扫，输入标签上的 8 位编码就行。我们马上换新的标签。' })
  await s.stage.order('show', { thread, kind: 'picture' })
  await s.stage.order('show', { thread, kind: 'voice' })
  await camera.sees('″')
  await p.locator('#voice').click()
  await p.waitForTimeout(spokenMS)
  await p.locator('#voice').click()
  await p.locator('text=″ >> visible=true').nth(1).waitFor()
  // What is said while nobody looks has not been read yet.
  await p.goto('about:blank')
  await s.stage.order('answer', { thread, text: '新标签已经贴好，现在可以扫了。' })
  await p.goto(s.site)
  await camera.sees('#station-price')
}

/** The pages of a member with records. */
async function member(s: Studio, camera: Camera, sale: string): Promise<void> {
  await page(camera, '/pages/home/home', 'home', '#station-price')
  await page(camera, `/pkg-station/station?id=${s.stage.at.station}`, 'station', '#change-0', true)
  await page(camera, '/pkg-station/stations', 'stations', '#station-0')
  await page(camera, '/pkg-records/records', 'records', '#record-3')
  await page(camera, `/pkg-records/record?sale=${sale}`, 'record', '费用构成', true)
  await page(camera, `/pkg-records/evidence?sale=${sale}`, 'evidence', '#verdict', true)
  await page(camera, '/pkg-records/consumption', 'consumption', '#interval-0', true)
  await page(camera, '/pages/messages/messages', 'messages', '#thread-0')
  await page(camera, `/pkg-chat/chat?station=${s.stage.at.station}`, 'chat', '#message-0')
  await page(camera, '/pages/me/me', 'me', '#number')
  await page(camera, '/pkg-account/member', 'member', '#number')
  await page(camera, '/pkg-account/vehicles', 'vehicles', '云A')
  await page(camera, '/pkg-account/settings', 'settings', '关怀')
  await page(camera, '/pkg-account/consents', 'consents', '授权')
}

/** The same in large type, for those who need it. */
async function large(s: Studio, storage: Record<string, string>): Promise<void> {
  const camera = await Camera.open(s.browser, s.site, s.folder, { located: true, large: true, storage })
  const shot = async (path: string, name: string, shows: string, tall = false) => {
    await camera.go(path)
    await camera.sees(shows)
    await camera.take(name, tall)
  }
  await shot('/pages/home/home', 'home-large', '#station-price')
  await shot('/pages/fuel/fuel', 'fuel-large', '#code')
  await shot('/pkg-records/records', 'records-large', '#record-3')
  await shot(`/pkg-station/station?id=${s.stage.at.station}`, 'station-large', '#change-0', true)
  await camera.close()
}

async function all(s: Studio): Promise<void> {
  await openStation(s.stage)
  await stranger(s)
  const camera = await Camera.open(s.browser, s.site, s.folder, { located: true })
  const driver = await signIn(s, camera)
  const [car] = await driver.introduce()
  await camera.go('/pages/me/me') // it asks for the member as they are now
  await camera.sees('2 辆')
  await camera.go('/pkg-records/records')
  await camera.sees('#records-empty')
  await camera.both('records-empty')
  await talk(s, camera, driver)
  await past(s, camera, driver, car)
  await fuelling(s, camera, driver)
  await member(s, camera, (await driver.orders())[1]!.sale)
  await large(s, await camera.storage())
  await camera.go('/pages/home/home')
  await camera.sees('#station-price')
  await s.stage.order('kill')
  await camera.sees('秒前，正在重新连接')
  await camera.both('home-hub-gone')
  await camera.close()
}

/** Every page of the program has to be among the pictures. */
function missing(): string[] {
  const parts = pages.subPackages.flatMap((p) => p.pages.map((q) => `${p.root}/${q.path}`))
  return [...pages.pages.map((p) => p.path), ...parts].filter((p) => !seen.has(p))
}

const folder = resolve(process.argv[2] ?? '')
if (!process.argv[2]) throw new Error('where do the pictures go?')
mkdirSync(folder, { recursive: true })
const stage = await openStage({ site: process.env.H5_DIST ?? 'dist/build/h5', speed })
const browser = await openBrowser()
try {
  await all({ stage, browser, site: `${stage.at.plain}/m/`, folder })
  if (missing().length) throw new Error(`not photographed: ${missing().join(', ')}`)
} finally {
  await browser.close()
  await stage.close()
}
