/** Figures as people type them, read into whole units without a fraction on the way. */

/** What a tank may hold, in millilitres: as the hub has it. */
export const minTankML = 20_000
export const maxTankML = 1_500_000

/** The largest odometer that is believed, in kilometres: as the hub has it. */
export const maxOdometerKM = 9_999_999

/** Full-width digits and signs as ASCII, without blanks and grouping. */
const plain = (text: string): string =>
  text.replace(/[０-９．]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replace(/[\s,，]/g, '')

/** Litres such as "50" or "47.5" in millilitres; undefined if it is no such figure. */
export function readLitres(text: string): number | undefined {
  const match = /^(\d{1,6})(?:\.(\d{0,3}))?$/.exec(plain(text))
  if (!match) return undefined
  return Number(match[1]) * 1000 + Number((match[2] ?? '').padEnd(3, '0'))
}

/** What is wrong with what was typed for a tank, in words; "" if nothing is. It may be left empty. */
export function tankFault(text: string): string {
  if (plain(text) === '') return ''
  const ml = readLitres(text)
  if (ml === undefined) return '请输入数字，如 50'
  return ml < minTankML || ml > maxTankML ? '油箱容积在 20 到 1500 升之间' : ''
}

/** Whole kilometres; undefined if it is no such figure. */
export function readKilometres(text: string): number | undefined {
  const match = /^\d{1,8}$/.exec(plain(text))
  return match ? Number(match[0]) : undefined
}

/** What is wrong with what was typed for an odometer, in words; "" if nothing is. It may be left empty. */
export function odometerFault(text: string): string {
  if (plain(text) === '') return ''
  const km = readKilometres(text)
  if (km === undefined) return '请输入里程表上的整公里数'
  return km > maxOdometerKM ? '里程数太大，请核对里程表' : ''
}

/** Millilitres for an input, without zeros at the end: 47500 is "47.5". */
export function litresTyped(ml: number): string {
  const rest = String(ml % 1000).padStart(3, '0').replace(/0+$/, '')
  return `${Math.floor(ml / 1000)}${rest ? `.${rest}` : ''}`
}
