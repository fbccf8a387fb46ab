import { describe, expect, it } from 'vitest'
import type { Queue } from '@/api/types'
import { queueAge, queueLine, queueText } from './queue'

const now = Date.parse('2026-11-23T09:00:00Z')
const live = { live: true, atMS: now }

/** A queue of 92# and 95#. */
function queueOf(free: number, busy: number, rest: Partial<Queue> = {}, minutes?: number): Queue {
  return {
    grades: [
      { grade: '92#', free, busy, off: 0, ...(minutes ? { wait_minutes: minutes } : {}) },
      { grade: '95#', free: 0, busy: 0, off: 2 },
    ],
    ...rest,
  }
}

describe('the queue in words', () => {
  it('S006 four busy and three waiting', () => {
    const queue = queueOf(0, 4, { waiting: 3, counted_at: '2026-11-23T08:58:00Z' }, 8)
    expect(queueText(queue, '92#')).toBe('3 辆等候，约 8 分钟')
    expect(queueLine(queue, '92#', live, now, now)).toBe('3 辆等候，约 8 分钟 · 2分钟前')
  })

  it('S006 the age of a count is the count\'s own, by the hub\'s clock', () => {
    const queue = queueOf(0, 4, { waiting: 3, counted_at: '2026-11-23T08:58:00Z' }, 8)
    const phoneIsLate = now - 3600_000
    expect(queueAge(queue, { live: false, atMS: phoneIsLate - 40_000 }, phoneIsLate, now)).toBe('2分钟前')
  })

  it('S006 without a count the nozzles speak, and say how old that is', () => {
    expect(queueLine(queueOf(5, 1), '92#', live, now, now)).toBe('空闲 5 枪 · 实时')
    expect(queueLine(queueOf(5, 1), '92#', { live: false, atMS: now - 90_000 }, now, now)).toBe('空闲 5 枪 · 1分钟前')
    expect(queueLine(queueOf(0, 6, {}, 4), '92#', live, now, now)).toBe('6 枪都在使用，约 4 分钟 · 实时')
  })

  it('S006 a wait for the driver\'s own grade is said though others are free', () => {
    const queue: Queue = { grades: [{ grade: '92#', free: 0, busy: 4, off: 0, wait_minutes: 3 }, { grade: '98#', free: 2, busy: 0, off: 0 }] }
    expect(queueText(queue, '92#')).toBe('空闲 2 枪，92# 约 3 分钟')
    expect(queueText(queue, '98#')).toBe('空闲 2 枪')
  })

  it('S006 a count of nobody is nobody waiting', () => {
    expect(queueText(queueOf(2, 2, { waiting: 0, counted_at: '2026-11-23T08:58:00Z' }), '92#')).toBe('空闲 2 枪')
  })

  it('S006 what is not known is not guessed', () => {
    expect(queueText({ grades: [] }, '92#')).toBe('排队情况暂时未知')
    expect(queueText({ grades: null }, '92#')).toBe('排队情况暂时未知')
    expect(queueText(queueOf(0, 0), '92#')).toBe('排队情况暂时未知')
    expect(queueLine({ grades: [] }, '92#', live, now, now)).toBe('排队情况暂时未知')
  })

  it('S006 the longest wait stands for a grade that is not sold', () => {
    const queue = queueOf(0, 4, { waiting: 3, counted_at: '2026-11-23T08:59:58Z' }, 8)
    expect(queueLine(queue, '0#', live, now, now)).toBe('3 辆等候，约 8 分钟 · 刚刚')
  })
})
