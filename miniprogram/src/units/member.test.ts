import { describe, expect, it } from 'vitest'
import type { Habits } from '@/api/types'
import { accountFault, groupPhone, habitLines, intervalText, isIDNumber, nameOf } from './member'

const habits = (more: Partial<Habits>): Habits => ({ refuels: 0, spent_fen: 0, volume_ml: 0, grades: [], interval_ms: 0, average_fen: 0, times: [], ...more })

describe('a member as they see themselves', () => {
  it('shows its own phone number in groups', () => {
    expect(groupPhone('13800001234')).toBe('138 0000 1234')
    expect(groupPhone('')).toBe('')
  })

  it('has a name for those who gave none', () => {
    expect(nameOf('')).toBe('车主')
    expect(nameOf('王晓燕')).toBe('王晓燕')
  })

  it('S034 shows the usual grade, the interval and the mean amount', () => {
    const lines = habitLines(habits({
      refuels: 10, usual: '92#', interval_ms: 7 * 86_400_000, average_fen: 28_640, times: [{ weekday: 6, hour: 17, refuels: 4 }, { weekday: 3, hour: 8, refuels: 2 }],
    }))
    expect(lines.map((l) => l.text)).toEqual(['92号汽油', '7.0 天', '¥286.40', '周六 17 至 18 点，周三 8 至 9 点'])
  })

  it('S034 shows dashes and no zeros before there is anything', () => {
    expect(habitLines(habits({})).map((l) => l.text)).toEqual(['—', '—', '—', '—'])
  })

  it.each([
    [0, ''],
    [86_400_000, '1.0 天'],
    [86_400_000 * 3.5, '3.5 天'],
    [1, '不到一天'],
    [86_399_999, '不到一天'],
  ])('%s ms are %j', (ms, text) => expect(intervalText(ms)).toBe(text))

  it.each([
    ['bank', '6222 0212 3456 7890', ''],
    ['bank', '622202', '银行卡号是 12 到 19 位数字'],
    ['alipay', 'someone@example.com', ''],
    ['wechat', 'abc', '账户长度在 4 到 64 个字符之间'],
    ['wechat', '  ', '请填写账户'],
  ])('an account %s %j: %s', (kind, account, words) => expect(accountFault(kind, account)).toBe(words))

  it.each([
    ['11010519491231002X', true], // the standard's own example
    ['11010519491231002x', true],
    ['110105194912310021', false],
    ['1101051949123100', false],
    ['', false],
  ])('the ID number %j: %s', (text, right) => expect(isIDNumber(text)).toBe(right))
})
