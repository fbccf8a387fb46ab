import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { problemWords, wordedProblems } from './problems'

/** The hub's own list, as its document gives it to every client. */
const document = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8')) as {
  components: { schemas: { Problem: { properties: { type: { enum: string[] } } } } }
}
const catalogue = document.components.schemas.Problem.properties.type.enum.map((t) => t.replace('urn:forecourt:problem:', ''))

/** What no driver can meet, and who meets it. */
const others: Record<string, string[]> = {
  'staff who sign in, and their head': ['login-refused', 'second-factor', 'second-factor-refused', 'must-first', 'password-weak', 'number-taken', 'last-head'],
  'the till, taking money': ['sale-not-payable', 'sale-already-paid', 'sale-quarantined', 'amount-changed', 'tender-too-small', 'not-resolvable'],
  'the till, at the pumps': ['nozzle-busy', 'nozzle-mode', 'not-your-nozzle', 'price-unknown-grade'],
  'agents, among each other': ['thread-taken'],
  'the office': ['segment-rule', 'name-taken', 'offer-times', 'rotating', 'backup-busy', 'no-backup', 'backup-unfit', 'backup-key', 'not-restorable'],
  'devices that enrol': ['enrolment-refused'],
}
const ofOthers = Object.values(others).flat()

it('has words for every problem a driver may meet, and for no other', () => {
  expect(catalogue).toContain('internal')
  expect([...wordedProblems, ...ofOthers].sort()).toEqual([...catalogue].sort())
})

it('says what happened without blame, code or exclamation mark', () => {
  for (const name of wordedProblems) {
    const said = problemWords({ type: `urn:forecourt:problem:${name}` as never, status: 400, title: '' })
    expect(said, name).toMatch(/[\u4e00-\u9fff]/)
    expect(said, name).not.toMatch(/[!！]|urn:|错误码/)
    expect(said.length, name).toBeLessThanOrEqual(40)
  }
})

it('says the least that is true of a problem it does not know', () => {
  const unknown = 'urn:forecourt:problem:of-tomorrow' as never
  expect(problemWords({ type: unknown, status: 409, title: '' })).toBe('操作没有成功，请重试')
  expect(problemWords({ type: unknown, status: 503, title: '' })).toContain('不会重复扣款')
})
