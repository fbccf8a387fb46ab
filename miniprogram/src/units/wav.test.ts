import { expect, it } from 'vitest'
import { resampled, wav } from './wav'

it('writes a header that says what follows', () => {
  const file = wav(new Float32Array([0, 1, -1, 2]), 16_000)
  const view = new DataView(file.buffer)
  const text = (at: number) => String.fromCharCode(...file.slice(at, at + 4))
  expect([text(0), text(8), text(12), text(36)]).toEqual(['RIFF', 'WAVE', 'fmt ', 'data'])
  expect([view.getUint32(4, true), view.getUint32(24, true), view.getUint32(40, true)]).toEqual([44, 16_000, 8])
  expect([0, 1, 2, 3].map((i) => view.getInt16(44 + i * 2, true))).toEqual([0, 32767, -32767, 32767])
})

it('keeps how long a recording lasts', () => {
  for (const rate of [16_000, 44_100, 48_000]) {
    const second = resampled(new Float32Array(rate).fill(0.5), rate, 16_000)
    expect(second.length).toBe(16_000)
    expect(second.every((s) => Math.abs(s - 0.5) < 1e-6)).toBe(true)
  }
})
