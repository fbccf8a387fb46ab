import { describe, expect, it } from 'vitest'
import { plateFault, plateKind, platePainted, tidyPlate } from './plate'

describe('number plates', () => {
  it.each([
    ['云A12345', 'fuel'],
    ['京AAB123', 'fuel'],
    ['粤B1234学', 'fuel'],
    ['粤Z1234港', 'fuel'],
    ['云A·12345', 'fuel'],
    ['云a 1234z', 'fuel'],
    ['云AD12345', 'new_energy'], // small: mark, letter or digit, four digits
    ['云AFB1234', 'new_energy'],
    ['云A12345D', 'new_energy'], // large: five digits and the mark
    ['沪A12345K', 'new_energy'],
  ])('S033 %s is a plate of kind %s', (plate, kind) => {
    expect(plateKind(plate)).toBe(kind)
    expect(plateFault(plate)).toBe('')
  })

  it.each([
    ['', '请输入车牌号'],
    ['A12345', '第一位是省份简称，如“云”'],
    ['龙A12345', '第一位是省份简称，如“云”'],
    ['云112345', '第二位是字母'],
    ['云A1234', '还差 1 位，普通车牌 7 位，新能源 8 位'],
    ['云', '还差 6 位，普通车牌 7 位，新能源 8 位'],
    ['云A1234I', '车牌里没有字母 I 和 O，请核对数字 1 和 0'],
    ['云AO1234', '车牌里没有字母 I 和 O，请核对数字 1 和 0'],
    ['云A123456', '新能源车牌应有一位能源标志，请核对'],
    ['云AL12345', '新能源车牌应有一位能源标志，请核对'], // L is no mark
    ['云A12学45', '车牌号不正确，请核对'],
    ['云A1234567', '车牌号不正确，请核对'],
  ])('S033 %j is refused: %s', (plate, words) => {
    expect(plateKind(plate)).toBeUndefined()
    expect(plateFault(plate)).toBe(words)
  })

  it('are tidied as the hub does, and painted with a dot', () => {
    expect(tidyPlate(' 云a·12345 ')).toBe('云A12345')
    expect(platePainted('云A12345')).toBe('云A·12345')
    expect(platePainted('云A')).toBe('云A')
  })
})
