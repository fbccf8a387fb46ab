// The folds are held to the hub's own: the same frames, the same changes, the
// same state in the end.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Chat } from './chat'
import { Driver } from './driver'
import { FoldError, type Change } from './place'
import { Public } from './public'

interface Vector {
  name: string
  mirror: string
  steps: { frame: never; change: Change; error?: string }[]
  state: Record<string, unknown>
}

const noon = Date.parse('2026-11-23T04:00:00Z')

const makes: Record<string, () => { apply(f: never): Change; state(): Record<string, unknown> }> = {
  public: () => {
    const m = new Public()
    return { apply: (f) => m.apply(f), state: () => ({ position: m.position(), snap: m.snap() }) }
  },
  driver: () => {
    const m = new Driver()
    return { apply: (f) => m.apply(f), state: () => ({ position: m.position(), snap: m.snap(), notices: m.notices() }) }
  },
  chat: () => {
    const m = new Chat()
    return {
      apply: (f) => m.apply(f),
      state: () => ({
        position: m.position(), snap: m.snap(), first: m.first(), older: m.older(),
        typing: { agent: m.typing('agent', noon), driver: m.typing('driver', noon) },
      }),
    }
  },
}

for (const family of Object.keys(makes)) {
  const file = new URL(`../../../shared/mirror/testdata/${family}.json`, import.meta.url)
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vector[]
  describe(`the hub's vectors of ${family}`, () => {
    it.each(vectors.map((v) => [v.name, v] as const))('%s', (_, vector) => {
      const mirror = makes[family]!()
      vector.steps.forEach((step, at) => {
        let change: Change = {}
        let word = ''
        try {
          change = mirror.apply(step.frame)
        } catch (e) {
          if (!(e instanceof FoldError)) throw e
          word = e.word
        }
        expect({ at, change, word }).toEqual({ at, change: step.change, word: step.error ?? '' })
      })
      expect(trim(mirror.state())).toEqual(trim(vector.state))
    })
  })
}

/** null stands for an empty list or no notices where Go writes one. */
function trim(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, v) => (Array.isArray(v) && v.length === 0 ? null : v)))
}
