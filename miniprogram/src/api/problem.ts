import type { Problem } from './types'
import { problemWords, type ProblemName } from '@/words/problems'

/** A refusal or failure, with words that a driver understands. */
export class HubError extends Error {
  /** problem is the hub's own; undefined if the hub was not reached. */
  constructor(
    readonly problem: Problem | undefined,
    readonly words: string,
  ) {
    super(words)
  }

  /** Whether it is of a type of the hub's catalogue: "code-refused". */
  is(name: ProblemName): boolean {
    return this.problem?.type === `urn:forecourt:problem:${name}`
  }

  /** Whether the hub could not be reached at all. */
  get offline(): boolean {
    return this.problem === undefined
  }

  /** Whether trying again unchanged may help. */
  get retry(): boolean {
    return this.problem === undefined || this.problem.retry === true
  }
}

/** The hub's answer with a status that is no success. */
export function refusal(status: number, answer: unknown): HubError {
  const given = answer as Partial<Problem> | null
  const problem: Problem =
    given && typeof given === 'object' && typeof given.type === 'string'
      ? { status, title: '', ...given, type: given.type }
      : { type: 'urn:forecourt:problem:internal', status, title: `HTTP ${status}`, retry: status >= 500 }
  return new HubError(problem, problemWords(problem))
}

/** The network's failure. */
export function unreachable(): HubError {
  return new HubError(undefined, '网络不通，请检查后重试')
}

/** The words of any error, for a page. */
export function wordsOf(e: unknown): string {
  return e instanceof HubError ? e.words : '出了点问题，请重试'
}
