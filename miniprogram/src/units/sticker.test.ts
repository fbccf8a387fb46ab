import { describe, expect, it } from 'vitest'
import { cleanCode, openedCode, scannedCode } from './sticker'

describe('the code on the sticker', () => {
  it('C006 is typed without minding capitals, blanks and look-alikes', () => {
    expect(cleanCode('k7q2-mn0p')).toBe('K7Q2MN0P')
    expect(cleanCode(' oil1 ')).toBe('0111')
    expect(cleanCode('K7Q2MN0P99')).toBe('K7Q2MN0P')
    expect(cleanCode('三号枪')).toBe('')
  })

  it('C006 is scanned as itself or as an address', () => {
    expect(scannedCode('K7Q2MN0P')).toBe('K7Q2MN0P')
    expect(scannedCode('https://station.example/m/#/pages/fuel/fuel?code=k7q2mn0p')).toBe('K7Q2MN0P')
    expect(scannedCode('https://station.example/n?x=1&code=K7Q2-MN0P#top')).toBe('K7Q2MN0P')
  })

  it('is not read out of something else', () => {
    expect(scannedCode('https://elsewhere.example/')).toBe('')
    expect(scannedCode('https://elsewhere.example/?code=')).toBe('')
    expect(scannedCode('6901234567892')).toBe('')
    expect(scannedCode('%E0%A4%A')).toBe('')
  })

  it('comes with the page when another camera scanned it', () => {
    expect(openedCode({ code: 'K7Q2MN0P' })).toBe('K7Q2MN0P')
    expect(openedCode({ q: encodeURIComponent('https://station.example/n?code=K7Q2MN0P') })).toBe('K7Q2MN0P')
    expect(openedCode({})).toBe('')
    expect(openedCode(undefined)).toBe('')
  })
})
