/**
 * What a program has still to do at once: its timers of no length to speak of
 * and its frames are counted, so that a test waits for their end and not for a
 * time that a busy machine does not keep.
 */

/** Timers as long as this are waits of the program: for the hub, for a person. */
const longMS = 100
/** A program that does not come to rest within this time goes round in circles. */
const mostMS = 10_000

type Timer = ReturnType<typeof setTimeout>

/** Counts from the moment it is made until stop. */
export class Work {
  private readonly pending = new Set<unknown>()
  private readonly real = { set: globalThis.setTimeout, clear: globalThis.clearTimeout }

  constructor() {
    const set = (fn: (...a: unknown[]) => void, ms = 0, ...args: unknown[]): Timer => {
      if (ms >= longMS) return this.real.set(fn, ms, ...args)
      const timer: Timer = this.real.set(() => {
        this.pending.delete(timer)
        fn(...args)
      }, ms)
      this.pending.add(timer)
      return timer
    }
    const clear = (timer?: Timer): void => {
      this.pending.delete(timer)
      this.real.clear(timer)
    }
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear })
  }

  /** Waits until nothing is left that would run at once. */
  async rest(): Promise<void> {
    const end = Date.now() + mostMS
    // Promises run before each turn; what they begin counts in it.
    for (let quiet = 0; quiet < 2; quiet = this.pending.size === 0 ? quiet + 1 : 0) {
      if (Date.now() > end) throw new Error(`the program has not come to rest within ${mostMS} ms`)
      await new Promise((turn) => setImmediate(turn))
    }
  }

  /** Gives the timers back. */
  stop(): void {
    Object.assign(globalThis, { setTimeout: this.real.set, clearTimeout: this.real.clear })
  }
}
