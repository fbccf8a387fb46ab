/** What tests read and set: every call of an API, what answers instead of it, and what went wrong. */

/** One call of an API. */
export interface Call {
  api: string
  args: unknown
}

export const calls: Call[] = []
export const errors: string[] = []
/** Answers that stand in for an API's own; one whose errMsg holds ":fail" is a failure. */
export const mocks: Record<string, unknown> = {}

/** Notes what went wrong. */
export function wrong(what: string, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  errors.push(`${what}: ${text}`)
}

/** Notes a call; functions and files are left out of its arguments. */
export function record(api: string, args: unknown): void {
  let plain: unknown
  try {
    plain = args === undefined ? undefined : JSON.parse(JSON.stringify(args))
  } catch {
    plain = String(args)
  }
  calls.push({ api, args: plain })
}
