/**
 * Times as people read them. Stations are in China, which has one zone without
 * summer time: every time is shown at UTC+8, whatever the phone is set to.
 */
const zoneMS = 8 * 3600_000

const two = (n: number) => String(n).padStart(2, '0')

/** The parts of a time in the station's zone. */
export function parts(at: string | number) {
  const d = new Date((typeof at === 'number' ? at : Date.parse(at)) + zoneMS)
  return {
    year: d.getUTCFullYear(), month: d.getUTCMonth() + 1, day: d.getUTCDate(),
    hour: d.getUTCHours(), minute: d.getUTCMinutes(), second: d.getUTCSeconds(),
  }
}

/** "17:05". */
export function clock(at: string | number): string {
  const p = parts(at)
  return `${two(p.hour)}:${two(p.minute)}`
}

/** "2026-11-23". */
export function date(at: string | number): string {
  const p = parts(at)
  return `${p.year}-${two(p.month)}-${two(p.day)}`
}

/** "11-23 17:05", with the year if it is not this one. */
export function moment(at: string | number, nowMS: number): string {
  const p = parts(at)
  const short = `${two(p.month)}-${two(p.day)} ${clock(at)}`
  return p.year === parts(nowMS).year ? short : `${p.year}-${short}`
}

/** As one says when something was: "17:05" of today, "昨天 17:05", before that "11-20 17:05". */
export function lately(at: string | number, nowMS: number): string {
  if (date(at) === date(nowMS)) return clock(at)
  return date(at) === date(nowMS - 86_400_000) ? `昨天 ${clock(at)}` : moment(at, nowMS)
}

/** "2026-11-23 17:05:09". */
export function stamp(at: string | number): string {
  return `${date(at)} ${clock(at)}:${two(parts(at).second)}`
}

/** "2026年11月" of "2026-11". */
export function monthName(month: string): string {
  const [year, number] = month.split('-')
  return `${year}年${Number(number)}月`
}

/** How old something is: "刚刚", "12秒前", "3分钟前", "2小时前", "5天前". */
export function age(at: string | number, nowMS: number): string {
  const seconds = Math.max(0, Math.floor((nowMS - (typeof at === 'number' ? at : Date.parse(at))) / 1000))
  if (seconds < 5) return '刚刚'
  if (seconds < 60) return `${seconds}秒前`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}分钟前`
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}小时前`
  return `${Math.floor(seconds / 86400)}天前`
}

/** The start of a day of the station's zone, "2026-11-23", as an instant. */
export const dayStart = (day: string): string => new Date(Date.parse(`${day}T00:00:00Z`) - zoneMS).toISOString()

/** The start of the day after. */
export const dayEnd = (day: string): string => new Date(Date.parse(dayStart(day)) + 86400_000).toISOString()

/** The day so many calendar months before, at the end of a shorter month: 05-31 less 3 is 02-28. */
export function monthsBefore(day: string, months: number): string {
  const [year, month, number] = day.split('-').map(Number) as [number, number, number]
  const first = new Date(Date.UTC(year, month - 1 - months, 1))
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  return `${first.getUTCFullYear()}-${two(first.getUTCMonth() + 1)}-${two(Math.min(number, last))}`
}
