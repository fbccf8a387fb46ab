import type { Frame, Pump, Queue, StationSnap, Tariff } from '@/api/types'
import { Place, type Change } from './place'

/** What any driver may see of a station: the fold of channel station/ID. */
export class Public extends Place {
  private station = ''
  private pumps = new Map<number, Pump>()
  private tariff: Tariff = { since: '', prices: [] }
  private queue: Queue = { grades: [] }

  constructor() {
    super('station')
  }

  protected fold(f: Frame): Change | undefined {
    switch (f.k) {
      case 'pump':
        return this.event<Pump>(f, { number: 'number' }, (p) => {
          this.pumps.set(p.number, p)
          return { pumps: [p.number] }
        })
      case 'tariff':
        return this.event<Tariff>(f, { prices: 'object' }, (t) => {
          this.tariff = t
          return { tariff: true }
        })
      case 'queue':
        return this.event<Queue>(f, { grades: 'object' }, (q) => {
          this.queue = q
          return { queue: true }
        })
    }
    return undefined
  }

  protected begin(body: unknown): void {
    const snap = body as StationSnap
    this.station = snap.station
    this.tariff = snap.tariff
    this.queue = snap.queue
    this.pumps = new Map((snap.pumps ?? []).map((p) => [p.number, p]))
  }

  /** The state as a snapshot of the channel would give it. */
  snap(): StationSnap {
    const pumps = [...this.pumps.values()].sort((a, b) => a.number - b.number)
    return { station: this.station, pumps, tariff: this.tariff, queue: this.queue }
  }
}
