import { expect, it } from 'vitest'
import type { StationCard } from '@/api/types'
import { found } from './find'

const near = (name: string, address: string) => ({ card: { name, address, city: '昆明' } as StationCard })
const list = [near('示范加油站', '人民中路1号'), near('北市加油站 B', '北京路9号')]

it('C006 S005 a station is found by name, address or city', () => {
  const names = (words: string) => found(list, words).map((n) => n.card.name)
  expect(names('')).toHaveLength(2)
  expect(names('北京路')).toEqual(['北市加油站 B'])
  expect(names(' 昆明 示范 ')).toEqual(['示范加油站'])
  expect(names('加油站 b')).toEqual(['北市加油站 B'])
  expect(names('大理')).toEqual([])
})
