/** A whole station for a test: house/cmd/stage, with the hub, pumpd and simulated dispensers behind it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Where the stage says its parts are. */
export interface Addresses {
  /** The hub, with a certificate of its own making. */
  hub: string
  /** The same hub without TLS, for pages in a browser: its origin is where the pages are too, below /m/. */
  plain: string
  /** Takes orders; house/cmd/stage/orders.go lists them. */
  control: string
  /** The id of the head station. */
  station: string
}

/** A stage that runs until it is closed, by whoever started it. */
export class Stage {
  constructor(
    readonly at: Addresses,
    private readonly child?: ChildProcess,
  ) {}

  /** Asks the stage for something: a car, a code, an answer of the station's agent. */
  async order<T = unknown>(name: string, body: object = {}): Promise<T> {
    const answer = await fetch(`${this.at.control}/${name}`, { method: 'POST', body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${name}: ${await answer.text()}`)
    return (await answer.json()) as T
  }

  /** Ends all of it; the stage removes what it wrote. */
  async close(): Promise<void> {
    if (!this.child) return
    const gone = once(this.child, 'exit')
    this.child.stdin!.end()
    await gone
  }
}

/** The stage's program: built by `make binaries`. */
const program = process.env.STAGE_BIN ?? fileURLToPath(new URL('../../bin/stage', import.meta.url))

/** Stands a station up that serves the browser pages of a folder; throws what the stage complains of. */
export async function openStage(options: { site?: string; cars?: boolean; speed?: number } = {}): Promise<Stage> {
  const args = [options.site && ['-site', options.site], options.cars && ['-cars'], options.speed && ['-speed', String(options.speed)]]
  const child = spawn(program, args.flatMap((a) => a || []), { stdio: ['pipe', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (d) => (complaint = (complaint + d).slice(-4000)))
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the stage ended with ${code}: ${complaint}`)))
  })
  failed.catch(() => {}) // after the start its end is nobody's surprise
  const [line] = (await Promise.race([once(createInterface({ input: child.stdout as unknown as NodeJS.ReadableStream }), 'line'), failed])) as [string]
  return new Stage(JSON.parse(line) as Addresses, child)
}
