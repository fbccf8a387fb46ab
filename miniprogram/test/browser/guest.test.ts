/** A driver who has not signed in: where to fuel, what it costs, how long it takes. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clean, openPhone, stage, until, type Phone } from './phone'
import { as, cashier, head, stations } from './station'

/** Some hundred metres from 昆明呈贡加油站. */
const beside = { latitude: 24.8920, longitude: 102.8010 }
let phone: Phone
beforeAll(async () => {
  phone = await openPhone({ place: beside })
})
afterAll(() => phone?.close())

/** Kilometres between two points of the globe. */
function km(a: { latitude: number; longitude: number }, lat: number, lon: number): number {
  const rad = Math.PI / 180
  const h = Math.sin(((lat - a.latitude) * rad) / 2) ** 2 + Math.cos(lat * rad) * Math.cos(a.latitude * rad) * Math.sin(((lon - a.longitude) * rad) / 2) ** 2
  return 2 * 6371 * Math.asin(Math.sqrt(h))
}

test('S005 stations come by distance from the phone, the nearest first, and the place stays on the phone', async () => {
  const near = (await stations())
    .map((s) => ({ name: s.name, km: km(beside, s.place!.latitude_e6 / 1e6, s.place!.longitude_e6 / 1e6) }))
    .sort((a, b) => a.km - b.km)
  expect(near.map((n) => n.name)).toEqual(['昆明呈贡加油站', '昆明示范加油站', '昆明北市区加油站'])
  await phone.go()
  await phone.waitFor('离您最近的加油站', undefined, '#where')
  expect(await phone.read('#station-name')).toBe(near[0]!.name)
  expect(await phone.read('#station-far')).toMatch(/^\d{3} m$/)
  expect(await phone.read('#next-0')).toContain(near[1]!.name)
  expect(await phone.read('#next-1')).toContain(near[2]!.name)
  await phone.tap('#choose-station')
  await phone.waitFor(near[2]!.name, undefined, '#station-2')
  const rows = await phone.find('.pick-row').allInnerTexts()
  expect(rows.map((r) => near.findIndex((n) => r.includes(n.name)))).toEqual([0, 1, 2])
  const shown = rows.slice(1).map((r) => Number(/([\d.]+) km/.exec(r)![1]))
  shown.forEach((d, i) => expect(Math.abs(d - near[i + 1]!.km)).toBeLessThan(0.1))
  expect(phone.sent.filter((s) => /24\.89|24892|102\.80|102801/.test(s))).toEqual([])
  clean(phone)
})

test('S005 C006 without a place the city and the station are chosen by hand', async () => {
  const site = await as<object>(head, 'GET', '/v1/site')
  const lost = await openPhone({ place: 'denied' })
  try {
    await as(head, 'PUT', '/v1/site', { ...site, city: '曲靖' })
    await lost.go()
    await lost.waitFor('未开启定位', undefined, '#where')
    expect(await lost.read('#station-far')).toBe('距离未知')
    await lost.waitFor('选择城市', undefined, '#choose-station')
    await lost.tap('#choose-station')
    await lost.waitFor('全部城市')
    await lost.tap('.chip:has-text("昆明")')
    await until(async () => (await lost.find('.pick-row').count()) === 2, 'two stations were listed')
    await lost.tap('.chip:has-text("曲靖")')
    await until(async () => (await lost.find('.pick-row').count()) === 1, 'one station was listed')
    await lost.tap('#station-0 .station-row')
    await lost.waitForPage('pages/home/home')
    await lost.waitFor('昆明示范加油站', undefined, '#station-name')
    clean(lost)
  } finally {
    await as(head, 'PUT', '/v1/site', site)
    await lost.close()
  }
})

test('a phone that cannot find itself says so and goes on', async () => {
  const lost = await openPhone({ place: 'absent' })
  await lost.go()
  await lost.waitFor('定位没有成功', undefined, '#where')
  await lost.waitFor(/\d\.\d\d/, undefined, '#station-price')
  clean(lost)
  await lost.close()
})

test('S020 every grade has its price with two decimals', async () => {
  await phone.go(`/pkg-station/station?id=${stage.at.station}`)
  await phone.waitFor('0#', undefined, '#grade-3')
  const rows = await phone.find('.grade-row').allInnerTexts()
  const prices = rows.map((r) => [/^\d+#/.exec(r)![0], /(\d+\.\d+)\s*元\/L/.exec(r)![1]])
  expect(prices).toEqual([['92#', '7.50'], ['95#', '7.98'], ['98#', '8.95'], ['0#', '7.16']])
  clean(phone)
})

test('S021 a new price shows by itself, and the trend has it with when it began', async () => {
  await phone.go(`/pkg-station/station?id=${stage.at.station}`)
  await phone.tap('#pick-1') // 95#
  await phone.waitFor('此后没有变动', undefined, '#trend-none')
  await as(head, 'POST', '/v1/prices', { prices: [{ grade: '95#', price_fen_per_l: 800 }] })
  await phone.waitFor('8.00', 10_000, '#grade-1')
  await phone.waitFor('8.00', 10_000, '#change-0')
  expect(await phone.read('#change-0')).toMatch(/\d\d-\d\d \d\d:\d\d 起[^]*0\.02[^]*8\.00/)
  expect(await phone.read('#change-1')).toMatch(/\d\d-\d\d \d\d:\d\d 起[^]*7\.98/)
  await until(async () => (await phone.ink('#price-chart')) > 200, 'the chart was drawn')
  clean(phone)
})

test('S025 the cheaper station that also offers something comes first, with the difference', async () => {
  // The page was open while the price changed: what it says below is what it says above, once
  // the comparison was asked for again. Read at once, it sometimes still held the old price.
  await until(async () => (await phone.find('.compare-row').allInnerTexts())[0].includes('0.20'), 'the comparison has the new price')
  const rows = await phone.find('.compare-row').allInnerTexts()
  expect(rows).toHaveLength(3)
  expect(rows[0]).toMatch(/昆明呈贡加油站[^]*充值[^]*充 1000 元送 50 元[^]*7\.80[^]*便宜 0\.20/)
  expect(rows[1]).toMatch(/昆明示范加油站[^]*本站[^]*8\.00/)
  expect(rows[2]).toMatch(/昆明北市区加油站[^]*8\.05[^]*贵 0\.05/)
  clean(phone)
})

test('S026 a dispenser that keeps its old price: the page says which nozzle, and that the nozzle counts', async () => {
  await phone.go(`/pkg-station/station?id=${stage.at.station}`)
  await phone.waitFor('8.95', undefined, '#grade-2')
  await stage.order('fault', { nozzle: 4, what: 'keep-price' })
  await as(head, 'POST', '/v1/prices', { prices: [{ grade: '98#', price_fen_per_l: 900 }] })
  await phone.waitFor('4号枪显示 8.95，与牌价 9.00 不同，以油枪为准', 10_000, '#grade-2')
  await phone.waitFor('9.00', 10_000, '#grade-2') // nozzle 12 took the new price
  await stage.order('fault', { nozzle: 4, what: 'take-price' })
  await as(head, 'POST', '/v1/prices', { prices: [{ grade: '98#', price_fen_per_l: 895 }] })
  await until(async () => !(await phone.read('#grade-2')).includes('不同'), 'both nozzles had the price', 10_000)
  await phone.waitFor('8.95', undefined, '#grade-2')
  clean(phone)
})

test('S006 four nozzles are busy and three cars wait: so many, for how long, as of when', async () => {
  const busy = [4, 6, 12, 14] // both of 98#, two of 95#
  await phone.go(`/pkg-station/station?id=${stage.at.station}`)
  await phone.tap('#pick-2') // 98#
  await phone.waitFor(/空闲 \d+ 枪/, undefined, '#queue')
  await phone.waitFor('实时', undefined, '#age')
  try {
    for (const nozzle of busy) await stage.order('lift', { nozzle, money_fen: 800_000 })
    for (const nozzle of busy) await phone.waitFor('使用中', 10_000, `#nozzle-${nozzle}`)
    await as(cashier, 'PUT', '/v1/station/queue', { waiting: 3 })
    // One of the three is for 98#, and then the next: two cars, four minutes each, two nozzles.
    await phone.waitFor('3 辆等候，约 4 分钟', undefined, '#queue')
    expect(await phone.read('#age')).toMatch(/刚刚|\d秒前/)
  } finally {
    await as(cashier, 'PUT', '/v1/station/queue', { waiting: 0 })
    for (const nozzle of busy) await stage.order('hang', { nozzle })
  }
  for (const nozzle of busy) await phone.waitFor('空闲', 10_000, `#nozzle-${nozzle}`)
  await phone.waitFor('实时', undefined, '#age')
  clean(phone)
})
