/** WeChat's own compiler takes every page and component of the package, and says where one is wrong. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dist } from '../build'
import { compileTemplates, configOf, filesOf, pagesOf } from '../easel/compile'

const require = createRequire(import.meta.url)
const compiler = require('miniprogram-compiler') as { wxmlToJs(root: string, options: object): string; wxssToJs(root: string, options: object): string }
const options = { maxBuffer: 256 << 20 }

let copy = ''
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'wcc-'))
  cpSync(dist, copy, { recursive: true })
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

test('every template of the package is taken by wcc', () => {
  const script = compiler.wxmlToJs(copy, options)
  const templates = filesOf(copy, '.wxml')
  expect(templates.length).toBeGreaterThan(pagesOf(configOf(copy)).length)
  expect(templates.filter((file) => !script.includes(file))).toEqual([])
})

test('every style sheet of the package is taken by wcsc', () => {
  const script = compiler.wxssToJs(copy, options)
  expect(filesOf(copy, '.wxss').filter((file) => !script.includes(file))).toEqual([])
})

test('a template that is wrong fails with its file and line, in both compilers', () => {
  const file = join(copy, `${pagesOf(configOf(copy))[0]}.wxml`)
  const right = readFileSync(file, 'utf8')
  try {
    writeFileSync(file, '<view>\n<text>price</view>')
    expect(() => compiler.wxmlToJs(copy, options)).toThrow(/home\.wxml:2:\d+: expect end-tag/)
    writeFileSync(file, '<view>\n<text>{{ price </text></view>')
    expect(() => compileTemplates(copy)).toThrow(/home\.wxml:2:\d+: /)
  } finally {
    writeFileSync(file, right)
  }
})
