/** What the phones of all files did, added up and said at the end. */
import { appendFileSync, existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dist, site } from '../build'

const src = fileURLToPath(new URL('../../src/', import.meta.url))
/** What WeChat and this project allow, in KB. */
const goals = { main: 1500, sub: 1000 }

/** What one phone did until it was closed. */
export interface Entry {
  /** The file of tests it belonged to. */
  file: string
  /** The pages it showed, as pages.json names them. */
  pages: string[]
  /** How many requests it sent, sockets included, and which of them to other hosts. */
  requests: number
  elsewhere: string[]
}

/** How long a page took to be true again, after what. */
interface Measure {
  after: string
  ms: number
}

const add = (tally: string, line: Entry | Measure) => appendFileSync(tally, JSON.stringify(line) + '\n')

/** Notes what a phone did. */
export const note = (tally: string, entry: Entry): void => add(tally, entry)

/** Notes how long a page took to be true again. */
export const measured = (tally: string, measure: Measure): void => add(tally, measure)

interface Pages {
  pages: { path: string }[]
  subPackages: { root: string; pages: { path: string }[] }[]
}

const declared = JSON.parse(readFileSync(join(src, 'pages.json'), 'utf8')) as Pages

/** Every page that pages.json names; the first of them is the one a program starts with. */
export const allPages = [
  ...declared.pages.map((p) => p.path),
  ...declared.subPackages.flatMap((s) => s.pages.map((p) => `${s.root}/${p.path}`)),
]

/** Prints what all phones did. A page that no phone showed fails a run of all files. */
export function report(tally: string): void {
  const lines = existsSync(tally) ? readFileSync(tally, 'utf8').trim().split('\n').map((l) => JSON.parse(l) as Entry | Measure) : []
  const entries = lines.filter((l): l is Entry => 'file' in l)
  const measures = lines.filter((l): l is Measure => 'after' in l)
  const driven = new Set(entries.flatMap((e) => e.pages))
  const missed = allPages.filter((p) => !driven.has(p))
  const elsewhere = entries.flatMap((e) => e.elsewhere)
  const say = (what: string, words: string) => console.log(what.padEnd(22) + words)
  say('pages driven', `${allPages.length - missed.length} of ${allPages.length}${missed.length ? `, never seen: ${missed.join(' ')}` : ''}`)
  say('requests elsewhere', `${elsewhere.length} of ${entries.reduce((n, e) => n + e.requests, 0)}`)
  if (measures.length) say('pages true again', `${measures.map((m) => `${m.after} ${m.ms} ms`).join(', ')} (goal < 1000)`)
  for (const line of packages()) say('packages', line)
  const files = readdirSync(fileURLToPath(new URL('.', import.meta.url))).filter((f) => f.endsWith('.test.ts'))
  const whole = files.every((f) => entries.some((e) => e.file === f))
  if (elsewhere.length || (whole && missed.length)) process.exitCode = 1
}

/** What weighs how much: the WeChat package part by part, if it was built, and the browser build. */
function packages(): string[] {
  const lines: string[] = []
  if (existsSync(dist)) {
    const subs = declared.subPackages.map((s) => s.root)
    const weights = subs.map((s) => weight(join(dist, s)))
    const main = weight(dist) - weights.reduce((a, b) => a + b, 0)
    lines.push(`main ${kb(main)} (goal < ${goals.main})`)
    lines.push(`${subs.map((s, i) => `${s} ${kb(weights[i]!)}`).join(', ')} (goal < ${goals.sub} each)`)
    if (main >= goals.main * 1024 || weights.some((w) => w >= goals.sub * 1024)) process.exitCode = 1
  }
  lines.push(`in browsers ${kb(weight(site))}`)
  return lines
}

const kb = (bytes: number) => `${Math.ceil(bytes / 1024)} KB`

function weight(dir: string): number {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((f) => statSync(join(dir, f)))
    .reduce((sum, s) => sum + (s.isFile() ? s.size : 0), 0)
}
