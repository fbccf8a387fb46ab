import { describe, expect, it } from 'vitest'
import { asked, ownRange, rangeText, rangeUpTo, within } from './range'

const today = '2026-11-23'
/** Noon in China, so many days before today. */
const ago = (days: number) => new Date(Date.parse('2026-11-23T04:00:00Z') - days * 86400_000).toISOString()

describe('ranges', () => {
  it('S028 one month holds the record of 20 days ago, three months also that of 70, not that of 100', () => {
    const records = [ago(20), ago(70), ago(100)]
    const count = (kind: '1m' | '3m') => records.filter((at) => within(at, rangeUpTo(kind, today))).length
    expect(count('1m')).toBe(1)
    expect(count('3m')).toBe(2)
  })

  it('S028 an own range holds its first and last day, and nothing of the next', () => {
    const range = ownRange('2026-10-01', '2026-10-31')
    expect(asked(range)).toEqual({ from: '2026-09-30T16:00:00.000Z', until: '2026-10-31T16:00:00.000Z' })
    expect(within('2026-09-30T15:59:59.999Z', range)).toBe(false)
    expect(within('2026-09-30T16:00:00Z', range)).toBe(true)
    expect(within('2026-10-31T15:59:59.999Z', range)).toBe(true)
    expect(within('2026-10-31T16:00:00Z', range)).toBe(false)
  })

  it('S028 counts calendar months, also from the end of a long one', () => {
    expect(rangeUpTo('1m', '2026-03-31').from).toBe('2026-02-28')
    expect(rangeUpTo('3m', '2026-05-31').from).toBe('2026-02-28')
    expect(rangeUpTo('12m', '2028-02-29').from).toBe('2027-02-28')
  })

  it('what comes after midnight still belongs to a range up to today', () => {
    expect(asked(rangeUpTo('1m', today)).until).toBeUndefined()
    expect(within('2026-11-24T02:00:00Z', rangeUpTo('1m', today))).toBe(true)
  })

  it('an own range does not mind the order, and may be one day', () => {
    expect(ownRange('2026-10-31', '2026-10-01')).toEqual(ownRange('2026-10-01', '2026-10-31'))
    expect(rangeText(ownRange('2026-10-01', '2026-10-01'))).toBe('2026-10-01')
    expect(rangeText(ownRange('2026-10-01', '2026-10-03'))).toBe('2026-10-01 至 2026-10-03')
  })
})
