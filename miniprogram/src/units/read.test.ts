import { describe, expect, it } from 'vitest'
import { litresTyped, odometerFault, readKilometres, readLitres, tankFault } from './read'

describe('figures as typed', () => {
  it.each([
    ['50', 50_000],
    ['47.5', 47_500],
    ['47.50', 47_500],
    ['0.001', 1],
    ['1,500', 1_500_000],
    [' 60 ', 60_000],
    ['５５．２', 55_200],
    ['55.', 55_000],
    ['', undefined],
    ['.5', undefined],
    ['-5', undefined],
    ['5e3', undefined],
    ['47.1234', undefined],
    ['五十', undefined],
  ])('D001 %j litres are %s ml', (text, ml) => expect(readLitres(text)).toBe(ml))

  it('reads back what it writes', () => {
    for (let ml = 20_000; ml <= 1_500_000; ml += 937) expect(readLitres(litresTyped(ml))).toBe(ml)
    expect(litresTyped(47_500)).toBe('47.5')
    expect(litresTyped(60_000)).toBe('60')
  })

  it.each([
    ['', ''],
    ['50', ''],
    ['20', ''],
    ['1500', ''],
    ['19.999', '油箱容积在 20 到 1500 升之间'],
    ['1500.001', '油箱容积在 20 到 1500 升之间'],
    ['abc', '请输入数字，如 50'],
  ])('a tank of %j: %s', (text, words) => expect(tankFault(text)).toBe(words))

  it.each([
    ['10300', 10_300],
    ['10 300', 10_300],
    ['0', 0],
    ['10.5', undefined],
    ['', undefined],
    ['123456789', undefined],
  ])('%j is %s km', (text, km) => expect(readKilometres(text)).toBe(km))

  it.each([
    ['', ''],
    ['9999999', ''],
    ['10000000', '里程数太大，请核对里程表'],
    ['10.5', '请输入里程表上的整公里数'],
  ])('an odometer of %j: %s', (text, words) => expect(odometerFault(text)).toBe(words))
})
