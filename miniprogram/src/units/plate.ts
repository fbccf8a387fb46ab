/**
 * Number plates, by the rules that the hub holds them to (GA 36-2018): a
 * province, a letter, and five characters, or six with the mark of new energy.
 * I and O do not occur, they read like 1 and 0.
 */

const provinces = '京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼'
const letter = 'A-HJ-NP-Z'
/** Stand in place of the last character: driving schools, police, trailers, consulates, Hong Kong and Macao. */
const ends = '学警挂领港澳'
/** New energy: the mark comes first on small vehicles and last on large ones. */
const energies = 'A-HJK'

const fuel = new RegExp(`^[${provinces}][${letter}][${letter}0-9]{4}[${letter}0-9${ends}]$`)
const smallEnergy = new RegExp(`^[${provinces}][${letter}][${energies}][${letter}0-9][0-9]{4}$`)
const largeEnergy = new RegExp(`^[${provinces}][${letter}][0-9]{5}[${energies}]$`)

/** Most characters of a plate. */
export const maxPlate = 8

/** What a plate is, by the names the hub uses. */
export type PlateKind = 'fuel' | 'new_energy'

/** A plate as typed without what is there for the eye only: "云a·12345" is "云A12345". */
export const tidyPlate = (typed: string): string => typed.replace(/[\s·•.\-－—]/g, '').toUpperCase()

/** What a whole plate is; undefined if it is none. */
export function plateKind(typed: string): PlateKind | undefined {
  const plate = tidyPlate(typed)
  if (fuel.test(plate)) return 'fuel'
  return smallEnergy.test(plate) || largeEnergy.test(plate) ? 'new_energy' : undefined
}

/** What is wrong with a plate, in words for who types it; "" if nothing is. */
export function plateFault(typed: string): string {
  const plate = tidyPlate(typed)
  if (plate === '') return '请输入车牌号'
  if (plateKind(plate)) return ''
  if (!provinces.includes(plate[0]!)) return '第一位是省份简称，如“云”'
  if (plate.length > 1 && !new RegExp(`[${letter}]`).test(plate[1]!)) return '第二位是字母'
  if (/[IO]/.test(plate)) return '车牌里没有字母 I 和 O，请核对数字 1 和 0'
  if (plate.length < 7) return `还差 ${7 - plate.length} 位，普通车牌 7 位，新能源 8 位`
  return plate.length === 8 ? '新能源车牌应有一位能源标志，请核对' : '车牌号不正确，请核对'
}

/** A plate as it is painted: "云A·12345". */
export const platePainted = (plate: string): string => (plate.length > 2 ? `${plate.slice(0, 2)}·${plate.slice(2)}` : plate)
