/** A car fuels: its driver sees what the dispenser shows, and afterwards what the dispenser wrote down. */
import { createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clean, openPhone, stage, until, type Phone } from './phone'
import { claim, codeAt, lastSale, newNumber, pay, saleAs, type Sale } from './station'

const yuan = (fen: number) => `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`
const hundredths = (text: string) => Number(text.replace('.', ''))
const litres = (ml: number) => `${Math.floor(ml / 1000)}.${String(Math.floor((ml % 1000) / 10)).padStart(2, '0')}`

let phone: Phone
let sale: Sale
beforeAll(async () => {
  // Somebody was there before: the totalizer's chain has a link.
  await stage.order('lift', { nozzle: 1, money_fen: 2_000 })
  await pay(await saleAs(1, 'unpaid'))
  await stage.order('hang', { nozzle: 1 })
  phone = await openPhone({ place: 'denied' })
  await phone.signIn(newNumber())
})
afterAll(() => phone?.close())

/** The pairs of amount and litres that the page shows until the order is there, in hundredths. */
async function watched(): Promise<[number, number][]> {
  const seen: [number, number][] = []
  await until(async () => {
    const text = await phone.page.evaluate(() => document.querySelector<HTMLElement>('.fuel-running')?.innerText ?? '')
    const [amount, volume] = (text.match(/\d+\.\d\d/g) ?? []).map(hundredths)
    if (amount !== undefined && volume !== undefined && seen.at(-1)?.[0] !== amount) seen.push([amount, volume])
    return phone.find('#over-state').isVisible()
  }, 'the order came', 20_000)
  return seen
}

test('C006 without location the code on the nozzle is enough, and the figures run on the phone as on the dispenser', async () => {
  await phone.waitFor('未开启定位', undefined, '#where')
  await claim(phone, 1)
  await phone.waitFor('提枪加油', undefined, '#waiting-act')
  await phone.waitFor('7.50', undefined, '#waiting-price')
  await stage.order('lift', { nozzle: 1, money_fen: 30_000 })
  await phone.waitFor('加油中', 10_000, '#running-state')
  const running = watched()
  await saleAs(1, 'unpaid') // the dispenser ends by itself at the amount
  await stage.order('hang', { nozzle: 1 })
  const seen = await running
  expect(seen.length).toBeGreaterThan(5)
  seen.forEach(([amount, volume], i) => {
    // 7.50 a litre, and a hundredth of a litre is all that is shown.
    expect(Math.abs(amount - volume * 7.5)).toBeLessThanOrEqual(8)
    if (i > 0) expect(amount).toBeGreaterThan(seen[i - 1]![0])
  })
  sale = (await lastSale(1))!
  expect([sale.amount_fen, sale.volume_ml, sale.price_fen_per_l, sale.after_ml - sale.before_ml]).toEqual([30_000, 40_000, 750, 40_000])
  expect([await phone.read('#over-amount'), await phone.read('#over-volume')].map((t) => /\d+\.\d\d/.exec(t)![0])).toEqual(['300.00', '40.00'])
  clean(phone)
})

test('S027 the record is there by itself, with all seven fields as the dispenser has them, and so is its payment', async () => {
  await phone.tap('#finish')
  await phone.tab('我的')
  await phone.tap('#to-records')
  await phone.waitFor('300.00', undefined, '#record-0')
  await phone.waitFor('待支付', undefined, '#record-0')
  await pay(sale)
  await phone.waitFor('现金', undefined, '#record-0')
  await phone.tap('#record-0')
  await phone.waitForPage('pkg-records/record')
  await phone.waitFor('已支付', undefined, '#record-state')
  const field = async (key: string) => (await phone.read(`#field-${key}`)).split('\n').at(-1)
  const ended = new Date(Date.parse(sale.ended_at!) + 8 * 3600_000).toISOString().slice(0, 19).replace('T', ' ')
  expect(await Promise.all(['time', 'station', 'grade', 'amount', 'volume', 'price', 'payment'].map(field))).toEqual([
    ended, '昆明示范加油站', sale.grade, `¥${yuan(sale.amount_fen)}`, `${litres(sale.volume_ml)} L`, `${yuan(sale.price_fen_per_l)} 元/L`, '现金',
  ])
  clean(phone)
})

test('C012 what the dispenser says, what is taken off, what is owed and what was paid are lines of the record', async () => {
  const money = async (key: string) => (await phone.read(`#line-${key}`)).replace(/\s/g, '')
  await phone.waitFor('油枪金额', undefined, '#line-gross')
  expect(await Promise.all(['gross', 'off', 'due', 'paid'].map(money))).toEqual([
    '油枪金额40.00L×7.50¥300.00', '优惠¥0.00', '应付¥300.00', '实付现金¥300.00',
  ])
})

test('C005 one tap shows the evidence: totalizers, times, price, curve and signature, and it is a PDF to keep', async () => {
  await phone.tap('#evidence')
  await phone.waitFor('油机数据相符', 10_000, '#verdict')
  const number = async (selector: string) => hundredths((/[\d.,]+/.exec((await phone.read(selector)).replace(/,/g, ''))![0]))
  const [before, after, difference, shown] = await Promise.all(['#before', '#after', '#difference', '#shown'].map(number)) as [number, number, number, number]
  // Totalizers are shown with three decimals.
  expect([before, after, difference, shown]).toEqual([sale.before_ml, sale.after_ml, sale.volume_ml, sale.volume_ml])
  expect(await phone.read('#fact-price')).toContain('7.50')
  expect(await phone.read('#fact-listed')).toContain('7.50')
  expect(await phone.read('#fact-number')).toContain(sale.number)
  expect(await phone.read('#fact-since')).toMatch(/\d{4}-\d\d-\d\d/)
  for (const kind of ['totalizer', 'chain', 'amount', 'price']) expect(await phone.read(`#check-${kind}`)).toMatch(/相符|一致/)
  await until(async () => (await phone.ink('.proof-page')) > 200, 'the curve was drawn')
  await signedByTheHub()
  const file = await phone.saved(() => phone.tap('#pdf'))
  expect(file.name).toBe(`加油凭证-${sale.number}.pdf`)
  const pdf = file.content.toString('latin1')
  expect(pdf.startsWith('%PDF-') && pdf.trimEnd().endsWith('%%EOF')).toBe(true)
  expect(pdf.length).toBeGreaterThan(5000)
  clean(phone)
})

/** The signature on the page is that of the text on the page, made with the key that the hub tells anybody. */
async function signedByTheHub(): Promise<void> {
  await phone.tap('#signed-toggle')
  const text = await phone.read('#signed-text')
  const { key } = (await (await fetch(`${stage.at.plain}/v1/driver/evidence-key`)).json()) as { key: string }
  const codes = await phone.find('#signature .key .code').allInnerTexts()
  expect(codes[0]).toBe(key)
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(key, 'base64')])
  const open = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const signed = Buffer.from(text.endsWith('\n') ? text : `${text}\n`)
  expect(verify(null, signed, open, Buffer.from(codes[1]!, 'base64'))).toBe(true)
  expect(text).toContain(sale.number)
}

test('two quick taps are one claim, and a second tab of the same phone shows the same fuelling', async () => {
  const other = await openPhone({ beside: phone })
  await phone.go('/pages/fuel/fuel')
  await other.go('/pages/fuel/fuel')
  await phone.input('#code', await codeAt(15))
  const before = phone.sent.length
  await phone.find('#claim').evaluate((button: HTMLElement) => {
    button.click()
    button.click()
  })
  await phone.waitFor('15号枪', undefined, '#waiting-nozzle')
  await other.waitFor('15号枪', undefined, '#waiting-nozzle')
  expect(phone.sent.slice(before).filter((s) => s.includes('/v1/driver/fuelling'))).toHaveLength(1)
  await stage.order('lift', { nozzle: 15, money_fen: 500_000 })
  await Promise.all([phone, other].map((p) => p.waitFor('加油中', 10_000, '#running-state')))
  await Promise.all([phone, other].map((p) => p.waitFor(/\d{2,}\.\d\d/, 10_000, '#running-amount')))
  await stage.order('hang', { nozzle: 15 })
  await Promise.all([phone, other].map((p) => p.waitFor('待支付', 10_000, '#over-state')))
  const amount = yuan((await saleAs(15, 'unpaid')).amount_fen)
  await Promise.all([phone, other].map((p) => p.waitFor(amount, undefined, '#over-amount')))
  await phone.tap('#finish')
  clean(phone)
  clean(other)
  await other.close()
})

test('a nozzle that another driver stands at is not given twice, and the page says so', async () => {
  const other = await openPhone()
  await other.signIn(newNumber())
  await phone.go('/pages/fuel/fuel')
  await claim(phone, 7)
  await other.tab('加油')
  await other.input('#code', await codeAt(7))
  await other.tap('#claim')
  await other.waitFor('这把油枪已有其他车主在用', undefined, '#code-error')
  await phone.waitFor('7号枪', undefined, '#waiting-nozzle')
  clean(phone)
  clean(other)
  await other.close()
})

test('the answer to a claim is lost on its way: the same tap again is the same act, one order comes of it', async () => {
  await phone.go('/pages/fuel/fuel')
  const answered: number[] = []
  await phone.page.route('**/v1/driver/fuelling', async (route) => {
    const answer = await route.fetch()
    answered.push(((await answer.json()) as { nozzle: number }).nozzle)
    if (answered.length === 1) await route.abort('connectionreset')
    else await route.fulfill({ response: answer })
  })
  await phone.tap('#another')
  await phone.input('#code', await codeAt(16))
  await phone.tap('#claim')
  await phone.waitFor(/网络|连接|重试/, undefined, '#code-error')
  await phone.tap('#claim')
  await phone.waitFor('16号枪', undefined, '#waiting-nozzle')
  expect(answered).toEqual([16, 16])
  await phone.page.unroute('**/v1/driver/fuelling')
  await stage.order('lift', { nozzle: 16, money_fen: 500_000 })
  await phone.waitFor(/\d{2,}\.\d\d/, 10_000, '#running-amount')
  await stage.order('hang', { nozzle: 16 })
  await phone.waitFor('待支付', 10_000, '#over-state')
  const amount = yuan((await saleAs(16, 'unpaid')).amount_fen)
  await phone.go('/pkg-records/records')
  await phone.waitFor(amount, undefined, '#record-0')
  // With that at nozzle 15 and the first one at nozzle 1.
  await phone.waitFor('300.00', undefined, '#record-2')
  expect(await phone.find('.record').count()).toBe(3)
  clean(phone)
})
