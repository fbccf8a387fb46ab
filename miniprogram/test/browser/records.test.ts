/** What a driver has fuelled: by time, and what the vehicle burns. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clean, openPhone, until, type Phone } from './phone'
import { fuel, newNumber, pay } from './station'

let phone: Phone
beforeAll(async () => {
  phone = await openPhone()
  await phone.signIn(newNumber())
})
afterAll(() => phone?.close())

/** The plate, by the page's own keyboard. */
async function addVehicle(plate: string): Promise<void> {
  await phone.waitFor('还没有添加车辆')
  await phone.tap('uni-button:has-text("添加车辆")')
  for (const letter of plate) {
    await phone.page.locator('.wd-key', { hasText: new RegExp(`^${letter}$`) }).filter({ visible: true }).first().tap()
  }
  await phone.page.getByText('完成', { exact: true }).tap()
  await phone.tap('#save-vehicle')
  await phone.waitFor(plate.slice(2), undefined, '.vehicles-page')
}

/** Notes the odometer and a full tank beside the last record. */
async function noteFull(km: number): Promise<void> {
  await phone.go('/pkg-records/records')
  await phone.tap('#record-0')
  await phone.input('#odometer', String(km))
  await phone.tap('#full .wd-switch')
  await phone.tap('#trip-save')
  await phone.waitFor('已保存', undefined, '#trip-saved')
}

test('S032 without two full tanks there is no figure, and the page says what is missing', async () => {
  await phone.go('/pkg-account/vehicles')
  await addVehicle('云A2C3D4')
  await fuel(phone, 3, 10_000)
  await noteFull(10_000)
  await phone.go('/pkg-records/consumption')
  await phone.waitFor('加满的记录还不够两次', undefined, '#gap')
  expect([await phone.read('#average'), await phone.read('#cost')]).toEqual(['—', '—'])
  clean(phone)
})

test('S029 litres between two full tanks by kilometres: 80.00 L on 1000 km are 8.0 L/100 km', async () => {
  await pay(await fuel(phone, 3, 60_000)) // 80 L at 7.50
  await noteFull(11_000)
  await phone.go('/pkg-records/consumption')
  await phone.waitFor('8.0', undefined, '#average')
  expect(await phone.read('#average')).toBe('8.0')
  expect(await phone.read('#cost')).toBe('60.00') // the money is that of the 80 L
  expect(await phone.find('#gap').count()).toBe(0)
  expect(await phone.read('#interval-0')).toMatch(/8\.0[^]*1000 km[^]*80\.00 L[^]*600\.00/)
  clean(phone)
})

test('S028 records of a month, of three, and of days of one\'s own choice', async () => {
  await phone.go('/pkg-records/records')
  await phone.waitFor('600.00', undefined, '#record-0')
  await phone.waitFor('100.00', undefined, '#record-1')
  const today = Date.now() + 8 * 3600_000
  const day = (back: number) => new Date(today - back * 86400_000).toISOString().slice(0, 10)
  expect(await asked(() => phone.tap('#range-3m'))).toBe(monthsBack(day(0), 3))
  await phone.waitFor('600.00', undefined, '#record-0')
  expect(await asked(() => phone.tap('#range-1m'))).toBe(monthsBack(day(0), 1))
  await phone.waitFor('600.00', undefined, '#record-0')
  await phone.tap('#range-own')
  await phone.waitFor('选择起止日期')
  // The last day goes a year back: it becomes the first one, and today is not among them.
  const before = `${Number(day(0).slice(0, 4)) - 1}${day(0).slice(4)}`
  await phone.tap(`.sheet uni-picker-view >> nth=1 >> text="${before.slice(0, 4)}"`)
  expect(await asked(() => phone.tap('#range-done'))).toBe(before)
  expect(await phone.read('#range-text')).toBe(`${before} 至 ${monthsBack(day(0), 1)}`)
  await until(async () => (await phone.find('.record').count()) === 0, 'no record was listed')
  clean(phone)
})

/** The first day that the hub is asked for because of an act, as the station's calendar has it. */
async function asked(act: () => Promise<void>): Promise<string> {
  const before = phone.requests.length
  await act()
  let from: string | null = null
  await until(() => {
    const url = phone.requests.slice(before).find((u) => u.includes('/v1/driver/orders?'))
    from = url ? new URL(url).searchParams.get('from') : null
    return from !== null
  }, 'the hub was asked')
  return new Date(Date.parse(from!) + 8 * 3600_000).toISOString().slice(0, 10)
}

/** The day so many months before, or the last of a shorter month. */
function monthsBack(day: string, months: number): string {
  const [y, m, d] = day.split('-').map(Number) as [number, number, number]
  const last = new Date(Date.UTC(y, m - months, 0)).getUTCDate()
  return new Date(Date.UTC(y, m - 1 - months, Math.min(d, last))).toISOString().slice(0, 10)
}
