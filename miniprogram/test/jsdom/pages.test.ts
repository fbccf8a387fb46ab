/** Every page draws with its logic, from templates that WeChat's own compiler made. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dist } from '../build'
import { configOf, pagesOf } from '../easel/compile'
import { Phone, textOf } from './phone'

let phone: Phone
const complaints: string[] = []
const error = console.error
beforeAll(() => {
  console.error = (...what: unknown[]) => void complaints.push(what.map(String).join(' '))
  phone = new Phone(dist, () => undefined)
  phone.start()
})
afterAll(() => {
  phone?.stop()
  console.error = error
})

test.each(pagesOf(configOf(dist)))('%s draws without a network and without a member', async (path) => {
  const page = await phone.open(path)
  const root = page.dom.querySelector('.page-frame--page')
  expect(root?.getAttribute('style')).toContain('--ink')
  expect(root!.children.length, textOf(page)).toBeGreaterThan(0)
  phone.leave(page)
  expect(complaints).toEqual([])
})
