import { expect, test } from 'vitest'
import { pictureSize, spoken, voiceSeconds, voiceWidth } from './bubble'

test('a picture keeps its proportions within the largest size', () => {
  expect(pictureSize(640, 480)).toEqual({ width: 400, height: 300 })
  expect(pictureSize(1000, 2000)).toEqual({ width: 240, height: 480 })
  expect(pictureSize()).toEqual({ width: 400, height: 400 })
})

test('a very long or very flat picture is still to be seen', () => {
  expect(pictureSize(4000, 100)).toEqual({ width: 400, height: 160 })
  expect(pictureSize(100, 8000)).toEqual({ width: 160, height: 480 })
})

test('a recording is told in whole seconds, at least one, and longer ones are wider', () => {
  expect([voiceSeconds(), voiceSeconds(400), voiceSeconds(2600)]).toEqual([1, 1, 3])
  expect(voiceWidth(30_000)).toBeGreaterThan(voiceWidth(2000))
  expect(voiceWidth(600_000)).toBe(voiceWidth(60_000))
})

test('time spoken', () => {
  expect([spoken(0), spoken(5900), spoken(60_000)]).toEqual(['0:00', '0:05', '1:00'])
})
