import type { DriverSnap, Frame, Fuelling, Member, Notice, Order, Thread } from '@/api/types'
import { body, newerID, Place, type Change } from './place'

/** Bounds of what is held, the same as the hub's snapshots. */
export const maxThreads = 20
export const maxOrders = 20
export const maxNotices = 20

/** One member's own affairs: the fold of channel driver/ID. */
export class Driver extends Place {
  private member: Member | undefined
  private threads = new Map<string, Thread>()
  private orders = new Map<string, Order>()
  private told: Notice[] = []
  private running: Fuelling | undefined
  private ran = 0 // the event that running is not older than

  constructor() {
    super('driver')
  }

  protected fold(f: Frame): Change | undefined {
    switch (f.k) {
      case 'thread':
        return this.event<Thread>(f, { id: 'string', state: 'string' }, (t) => this.setThread(t))
      case 'order':
        return this.event<Order>(f, { sale: 'string', state: 'string' }, (o) => this.setOrder(o))
      case 'notice':
        return this.event<Notice>(f, { id: 'string' }, (n) => {
          this.told = [...this.told, n].slice(-maxNotices)
          return { notices: [n.id] }
        })
      case 'fuelling':
        return this.setFuelling(f)
    }
    return undefined
  }

  protected begin(value: unknown): void {
    const snap = value as DriverSnap
    this.member = snap.member
    this.running = snap.fuelling
    this.ran = this.seq
    this.threads = new Map((snap.threads ?? []).map((t) => [t.id, t]))
    this.orders = new Map((snap.orders ?? []).map((o) => [o.sale, o]))
    this.evict()
  }

  private setThread(t: Thread): Change {
    this.threads.set(t.id, t)
    return { threads: both(t.id, this.evict().threads) }
  }

  /** Takes an order; one that is over ends the running figures. */
  private setOrder(o: Order): Change {
    this.orders.set(o.sale, o)
    const change: Change = { orders: both(o.sale, this.evict().orders) }
    if (o.state !== 'open' && this.running && this.running.sale === o.sale) {
      this.running = undefined
      this.ran = this.seq
      change.fuelling = true
    }
    return change
  }

  /** Takes running figures, unless they were made before the order that ended the delivery. */
  private setFuelling(f: Frame): Change {
    const run = body<Fuelling>(f, { station: 'string', volume_ml: 'number' })
    const seq = f.seq ?? 0 // a board does not know the member's events and sends none
    if (!this.started() || (seq !== 0 && seq < this.ran)) return {}
    this.ran = Math.max(this.ran, seq)
    const ended = run.sale ? this.orders.get(run.sale) : undefined
    if (run.over || (ended && ended.state !== 'open')) {
      if (!this.running) return {}
      this.running = undefined
      return { fuelling: true }
    }
    this.running = run
    return { fuelling: true }
  }

  /** Forgets the oldest orders, and the oldest closed conversations, beyond the bounds. */
  private evict(): { threads: string[]; orders: string[] } {
    const threads: string[] = []
    for (const t of this.listThreads().reverse()) {
      if (this.threads.size <= maxThreads) break
      if (t.state !== 'closed') continue
      this.threads.delete(t.id)
      threads.push(t.id)
    }
    const orders = this.listOrders().slice(maxOrders).map((o) => o.sale)
    for (const sale of orders) this.orders.delete(sale)
    return { threads, orders }
  }

  private listThreads(): Thread[] {
    const at = (t: Thread) => (t.last_at ? Date.parse(t.last_at) : -Infinity)
    return [...this.threads.values()].sort((a, b) => at(b) - at(a) || newerID(a.id, b.id))
  }

  private listOrders(): Order[] {
    return [...this.orders.values()].sort((a, b) => newerID(a.sale, b.sale))
  }

  /** What the member was told since this fold began, oldest first. */
  notices(): Notice[] {
    return [...this.told]
  }

  /** The state as a snapshot of the channel would give it; undefined before the first. */
  snap(): DriverSnap | undefined {
    if (!this.member) return undefined
    const snap: DriverSnap = { member: this.member, threads: this.listThreads(), orders: this.listOrders() }
    if (this.running) snap.fuelling = this.running
    return snap
  }
}

/** What changed and what left the list, each once. */
function both(changed: string, gone: string[]): string[] {
  return [changed, ...gone.filter((g) => g !== changed)]
}
