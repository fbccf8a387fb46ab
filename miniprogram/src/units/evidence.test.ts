import { describe, expect, it } from 'vitest'
import type { Evidence } from '@/api/types'
import { checkRows, corrected, curve, doubtsOf, marks, runClock, timeMarks, verdict } from './evidence'

function evidence(results: string[] = ['agrees', 'agrees', 'agrees', 'agrees'], more: Partial<Evidence> = {}): Evidence {
  const order = {
    sale: 'a', number: '0312-0047', station: 's', station_name: '昆明示范加油站', nozzle: 3, grade: '92#', state: 'paid', volume_ml: 40_780,
    amount_fen: 30_585, price_fen_per_l: 750, due_fen: 0, paid_fen: 30_585, started_at: '2026-03-12T01:00:00Z',
  }
  return {
    order, dispenser: 2, before_ml: 123_456_780, after_ml: 123_497_560, previous_ml: 123_456_780, listed_fen_per_l: 750, shown_ml: 40_780, shown_fen: 30_585,
    checks: ['totalizer', 'chain', 'amount', 'price'].map((kind, i) => ({ kind, result: results[i]! })), lines: [], trace: [],
    signed: { text: '', algorithm: 'ed25519', key: '', signature: '' }, ...more,
  }
}

describe('what a dispenser says', () => {
  it('C005 shows the four checks with the figures they compare', () => {
    expect(checkRows(evidence()).map((r) => [r.kind, r.word, r.figures])).toEqual([
      ['totalizer', '相符', '40.780 L，油机显示 40.780 L'],
      ['chain', '相符', '123456.780，上一笔止 123456.780'],
      ['amount', '相符', '¥305.85，7.50 × 40.78 L'],
      ['price', '相符', '7.50，挂牌 7.50 元/L'],
    ])
  })

  it('C005 the sale of Chengdu: 67.96 L billed, 40.78 L through the meter', () => {
    const e = evidence(['differs', 'agrees', 'agrees', 'agrees'], { shown_ml: 67_960, shown_fen: 50_970 })
    expect(verdict(e)).toBe('differs')
    expect(checkRows(e)[0]).toMatchObject({ word: '不符', icon: 'triangle', tone: 'bad', figures: '40.780 L，油机显示 67.960 L' })
    expect(doubtsOf(e)).toEqual(['油机显示的油量与泵码走过的油量不一样'])
    expect(corrected(e)).toBe(true)
  })

  it('claims nothing that could not be compared', () => {
    expect(verdict(evidence(['unknown', 'agrees', 'agrees', 'agrees']))).toBe('unknown')
    expect(verdict(evidence(['agrees', 'unknown', 'agrees', 'unknown']))).toBe('agrees')
    const bare = checkRows(evidence(['agrees', 'unknown', 'agrees', 'unknown'], { previous_ml: undefined, listed_fen_per_l: 0 }))
    expect([bare[1]!.word, bare[1]!.figures, bare[3]!.figures]).toEqual(['无法核对', '没有上一笔的记录', '没有当时的挂牌价'])
    expect(checkRows(evidence(['a-new-result', 'agrees', 'agrees', 'agrees']))[0]!.word).toBe('无法核对')
  })
})

describe('the curve', () => {
  const frame = { left: 10, top: 5, width: 100, height: 50 }

  it('goes from the lower left to the upper right of its frame', () => {
    const dots = curve([{ t_ms: 0, v_ml: 0 }, { t_ms: 30_000, v_ml: 10_000 }, { t_ms: 60_000, v_ml: 40_000 }], frame)
    expect(dots).toEqual([{ x: 10, y: 55 }, { x: 60, y: 42.5 }, { x: 110, y: 5 }])
  })

  it('is none without two points', () => {
    expect(curve([], frame)).toEqual([])
    expect(curve(null, frame)).toEqual([])
    expect(curve([{ t_ms: 5, v_ml: 5 }], frame)).toEqual([])
  })

  it.each([
    [40_780, [0, 10_000, 20_000, 30_000, 40_000]],
    [5_100, [0, 2_000, 4_000]],
    [900, [0]],
    [100_000, [0, 20_000, 40_000, 60_000, 80_000, 100_000]],
  ])('marks of %s ml', (most, list) => expect(marks(most, 1000)).toEqual(list))

  it('has few marks whatever there is', () => {
    for (let most = 1; most < 2_000_000; most = most * 2 + 7) {
      expect(marks(most, 1000).length).toBeLessThanOrEqual(6)
      expect(timeMarks(most * 20).length).toBeLessThanOrEqual(5)
    }
    expect(timeMarks(131_000)).toEqual([0, 60_000, 120_000])
  })

  it('counts minutes and seconds', () => {
    expect([runClock(0), runClock(5_400), runClock(750_000)]).toEqual(['0:00', '0:05', '12:30'])
  })
})
