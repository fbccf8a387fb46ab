import { defineStore } from 'pinia'
import { reactive } from 'vue'
import * as hub from '@/api/hub'
import { wordsOf } from '@/api/problem'
import type { PriceChange } from '@/api/types'

/** How many stations' histories are held; the oldest is read again when it is needed. */
const maxHeld = 20

/** What is known of the last price changes of a station. */
export interface History {
  changes?: PriceChange[]
  error: string
}

/** The last price changes of the stations that were looked at. */
export const usePrices = defineStore('prices', () => {
  const held = reactive<Record<string, History>>({})

  /** Reads a station's; what was held stays until the answer is there. */
  async function read(station: string): Promise<void> {
    make(station).error = ''
    try {
      const answer = await hub.prices(station)
      make(station).changes = answer.changes ?? []
    } catch (e) {
      make(station).error = wordsOf(e)
    }
  }

  /** The entry of a station. Held is what it hands out: a plain object would not be drawn again. */
  function make(station: string): History {
    const names = Object.keys(held)
    if (!held[station]) {
      if (names.length >= maxHeld) delete held[names[0]!]
      held[station] = { error: '' }
    }
    return held[station]!
  }

  return { held, read }
})
