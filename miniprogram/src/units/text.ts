/**
 * Money, litres and prices as people read them. All are whole numbers of fen,
 * millilitres and fen per litre; nothing here makes a fraction of them.
 */

/** Decimal places: 750 with 2 is "7.50". */
function decimal(n: number, places: number): string {
  const sign = n < 0 ? '-' : ''
  const digits = String(Math.abs(n)).padStart(places + 1, '0')
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/** Fen as "200.00". */
export const yuan = (fen: number): string => decimal(fen, 2)

/** Fen per litre as "7.50". */
export const perLitre = (fen: number): string => decimal(fen, 2)

/** Millilitres as dispensers show them, two decimals, half up: 26667 is "26.67". */
export function litres(ml: number): string {
  const sign = ml < 0 ? -1 : 1
  return decimal(sign * Math.floor((Math.abs(ml) + 5) / 10), 2)
}

/** Millilitres with all three decimals, as totalizers are read: "123456.780". */
export const totalizer = (ml: number): string => decimal(ml, 3)

/** Tenths of a litre as "8.0". */
export const tenths = (dl: number): string => decimal(dl, 1)

/** How a grade is called: 92# is "92号汽油", 0# is "0号柴油". */
export function gradeName(grade: string): string {
  const match = /^(-?\d+)#$/.exec(grade)
  if (!match) return grade
  const number = Number(match[1])
  return `${match[1]}号${number >= 80 ? '汽油' : '柴油'}`
}
