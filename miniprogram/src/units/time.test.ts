import { expect, test } from 'vitest'
import { lately } from './time'

test('a time is said as near as it is, by the days of China', () => {
  const now = Date.parse('2026-11-22T16:30:00Z') // 00:30 on the 23rd there
  expect(lately('2026-11-22T16:05:00Z', now)).toBe('00:05')
  expect(lately('2026-11-22T15:59:00Z', now)).toBe('昨天 23:59')
  expect(lately('2026-11-21T15:59:00Z', now)).toBe('11-21 23:59')
  expect(lately('2025-11-21T15:59:00Z', now)).toBe('2025-11-21 23:59')
})
