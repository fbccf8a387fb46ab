import { expect, it } from 'vitest'
import { isPhone, typedPhone } from './phone'

it.each([
  ['138 0000 0001', '13800000001'],
  ['+86 13800000001', '13800000001'],
  ['138-0000-0001 home', '13800000001'],
  ['138000000012345', '13800000001'],
  ['', ''],
])('takes %s as %s', (typed, phone) => expect(typedPhone(typed)).toBe(phone))

it.each([
  ['13800000001', true],
  ['12800000001', false],
  ['1380000000', false],
  ['23800000001', false],
])('%s is a mobile number: %s', (phone, is) => expect(isPhone(phone)).toBe(is))
