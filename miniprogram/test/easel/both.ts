/** A stand and the stand-in of the hub behind it, for one file of tests. */
import { expect } from 'vitest'
import { dist } from '../build'
import { member, token } from '../fixtures'
import { Standin } from '../standin'
import { openEasel, type Options, type Stand } from './stand'

/** What a phone keeps on which the member of the fixtures is signed in. */
export const signedIn = { 'forecourt.token': JSON.stringify(token), 'forecourt.member': JSON.stringify(member) }

/** A stand with its hub. */
export interface Both {
  stand: Stand
  hub: Standin
  close(): Promise<void>
}

/** Opens both; close() ends both. */
export async function openBoth(options: Partial<Options> = {}): Promise<Both> {
  const hub = await new Standin().listen()
  try {
    const stand = await openEasel({ dist, hub: hub.url, ...options })
    return {
      stand,
      hub,
      async close() {
        await stand.close()
        await hub.close()
      },
    }
  } catch (e) {
    await hub.close()
    throw e
  }
}

/** Nothing went wrong, and no other host was asked. */
export async function clean(stand: Stand): Promise<void> {
  expect(await stand.errors()).toEqual([])
  expect(stand.hosts).toEqual([new URL(stand.origin).host])
}

/** Waits until something is so; asked again and again. */
export async function until(so: () => boolean | Promise<boolean>, what: string, ms = 10_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await so())) {
    if (Date.now() > end) throw new Error(`${what} did not happen within ${ms} ms`)
    await new Promise((done) => setTimeout(done, 20))
  }
}
