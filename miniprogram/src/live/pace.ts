/**
 * How long to wait before the socket is opened again. A hub that answered and
 * refused is left alone longer and longer; one that cannot be reached is tried
 * often, because a try costs it nothing and a page must live again within a
 * second of the network's return.
 */
const firstMS = 250
const refusedMS = 5000
const unreachedMS = 800
/** A connection that stood this long forgives what was refused before it. */
const settledMS = 5000

export class Pace {
  private refused = 0
  private unreached = 0

  /** random gives numbers from 0 to below 1. */
  constructor(private readonly random: () => number) {}

  /** Notes that a connection was made. */
  connected(): void {
    this.unreached = 0
  }

  /** The wait after a connection that stood for stoodMS, or after a try that failed (0). */
  next(refused: boolean, stoodMS: number): number {
    if (stoodMS >= settledMS) this.refused = 0
    if (refused) return this.jitter(doubled(refusedMS, ++this.refused))
    return this.jitter(doubled(unreachedMS, ++this.unreached))
  }

  /** Between half of a wait and all of it, so that many phones do not come back at once. */
  private jitter(ms: number): number {
    return Math.round(ms / 2 + (this.random() * ms) / 2)
  }
}

function doubled(limit: number, times: number): number {
  return Math.min(limit, firstMS * 2 ** Math.min(times - 1, 10))
}
