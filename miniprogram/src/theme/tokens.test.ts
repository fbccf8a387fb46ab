import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { contrast, rgbOf, textNeeds } from './contrast'
import { dark, light, variables, type Palette } from './tokens'

type Token = keyof Palette

/** What anything is written with, and the grounds all of it may stand on. */
const texts: Token[] = ['ink', 'inkSoft', 'brand', 'good', 'bad', 'warn']
const grounds: Token[] = ['paper', 'card', 'brandSoft']
/** Grounds with one colour of their own for text. */
const fills: Partial<Record<Token, Token>> = {
  brand: 'onBrand', bad: 'card', idle: 'onState', fuelling: 'onState', paused: 'onState', quarantined: 'onState', fault: 'onState', offline: 'onState',
  unpaid: 'onUnpaid', plateFuel: 'onPlateFuel', platePale: 'onPlateEnergy', plateEnergy: 'onPlateEnergy',
}
/** Grounds on which nothing is written: skeletons, the bars of a chart. */
const bare: Token[] = ['line', 'inkSoft']

const themes: [string, Palette][] = [['light', light], ['dark', dark]]
const ratio = (p: Palette, text: Token, ground: Token) => contrast(rgbOf(p[text]), rgbOf(p[ground]))

describe.each(themes)('the %s theme', (_, palette) => {
  it('is read on every ground', () => {
    const pairs = texts.flatMap((t) => grounds.map((g): [Token, Token] => [t, g])).concat(Object.entries(fills).map(([g, t]): [Token, Token] => [t, g as Token]))
    const weak = pairs.filter(([t, g]) => ratio(palette, t, g) < textNeeds).map(([t, g]) => `${t} on ${g}: ${ratio(palette, t, g).toFixed(2)}`)
    expect(weak).toEqual([])
  })
})

/** Every file of the sources, by its path in src. */
const src = fileURLToPath(new URL('..', import.meta.url))
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).sort()
const read = (file: string) => readFileSync(join(src, file), 'utf8')
const drawing = files.filter((f) => /\.(vue|scss)$/.test(f))
const code = files.filter((f) => /\.(vue|scss|ts)$/.test(f) && !/\.test\.ts$/.test(f) && !f.startsWith('theme/'))

/** A rule of a style sheet: where it stands, and its declarations. */
interface Rule {
  at: string
  says: Map<string, string>
}

/** The rules of a file; nested ones do not occur, but for the steps of an animation. */
function rulesOf(file: string): Rule[] {
  const whole = read(file)
  const css = (file.endsWith('.scss') ? whole : [...whole.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)].map((m) => m[1]).join('\n')).replace(/\/\*[\s\S]*?\*\//g, '')
  return [...css.matchAll(/([^{};]+)\{([^{}]*)\}/g)].map((m) => ({
    at: `${file} ${m[1]!.trim()}`,
    says: new Map(m[2]!.split(';').filter((d) => d.includes(':')).map((d): [string, string] => [d.slice(0, d.indexOf(':')).trim(), d.slice(d.indexOf(':') + 1).trim()])),
  }))
}
const rules = drawing.flatMap(rulesOf)

const tokenOf = (value: string) => /^var\(--([\w-]+)\)$/.exec(value)?.[1]?.replace(/-(\w)/g, (_, c: string) => c.toUpperCase()) as Token | undefined
const groundOf = (rule: Rule) => rule.says.get('background') ?? rule.says.get('background-color')

describe('the style sheets', () => {
  it('are read by this test', () => {
    expect(rules.length).toBeGreaterThan(200)
    expect(rules.filter((r) => r.says.has('color')).length).toBeGreaterThan(50)
  })

  it('write in a colour that reads on its ground', () => {
    const wrong: string[] = []
    for (const rule of rules) {
      const value = rule.says.get('color')
      const text = value && tokenOf(value)
      if (!value || value === 'inherit') continue
      const ground = groundOf(rule)
      const onFill = text && Object.entries(fills).some(([g, t]) => t === text && ground?.includes(`var(--${g.replace(/[A-Z]/g, (c) => '-' + c.toLowerCase())})`))
      const onGround = text && texts.includes(text) && (!ground || ground === 'transparent' || ground === 'none' || grounds.includes(tokenOf(ground)!))
      if (!onFill && !onGround) wrong.push(`${rule.at}: ${value} on ${ground ?? 'whatever is below'}`)
    }
    expect(wrong).toEqual([])
  })

  it('lay grounds that are known', () => {
    const known = [...grounds, ...(Object.keys(fills) as Token[]), ...bare]
    const other = rules.flatMap((r) => {
      const value = groundOf(r)
      if (!value || ['none', 'transparent', 'currentColor'].includes(value)) return []
      const named = [...value.matchAll(/var\(--[\w-]+\)/g)].map((m) => tokenOf(m[0])!)
      return named.length > 0 && named.every((t) => known.includes(t)) ? [] : [`${r.at}: ${value}`]
    })
    expect(other.filter((at) => !at.startsWith('theme/ground.scss'))).toEqual([])
  })

  it('take every size of type from the tokens, or from the text around', () => {
    const own = rules.filter((r) => r.says.has('font-size') && !/^(var\(--type-[a-z]+\)|inherit|0?\.\d+em)$/.test(r.says.get('font-size')!))
    expect(own.map((r) => r.at)).toEqual([])
  })
})

describe('tokens.ts', () => {
  it('is the one place that names a colour', () => {
    const literal = /#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})(?![\w-])|\b(?:rgb|hsl)a?\(/gi
    const named = code.flatMap((f) => (read(f).match(literal) ?? []).map((colour) => `${f}: ${colour}`))
    expect(named).toEqual([])
  })

  it('defines every variable that a page reads, and no colour that nothing reads', () => {
    const defined = new Set(variables(false, false).match(/--[\w-]+(?=:)/g))
    const texts = [...drawing, ...code].map(read)
    const used = new Set(texts.flatMap((t) => t.match(/var\(--[\w-]+/g) ?? []).map((v) => v.slice(4)))
    used.delete('--window-top') // the framework's: the height of the browser's head
    expect([...used].filter((v) => !defined.has(v))).toEqual([])
    const css = (token: string) => '--' + token.replace(/[A-Z]/g, (c) => '-' + c.toLowerCase())
    const drawn = texts.join('\n')
    expect(Object.keys(light).filter((t) => !used.has(css(t)) && !new RegExp(`(palette|colours)\\.${t}\\b`).test(drawn))).toEqual([])
  })

  it.each(themes)('agrees with the bars of WeChat in the %s theme', (name, p) => {
    const bars = (JSON.parse(read('theme.json')) as Record<string, Record<string, string>>)[name]!
    expect(bars).toMatchObject({ navBg: p.paper, page: p.paper, tab: p.inkSoft, tabOn: p.brand, tabBg: p.card })
  })

  it('agrees with the ground that a browser shows before the page', () => {
    const shown = read('theme/ground.scss').match(/background: (#\w+)/g)!.map((d) => d.slice(12).toUpperCase())
    expect(shown).toEqual([light.paper, dark.paper])
  })
})
