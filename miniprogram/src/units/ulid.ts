/**
 * Ids that this phone makes: ULIDs, as everywhere in the system. They are made
 * before they are first sent and kept, so that a repeat is the same act.
 */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Fills bytes with randomness. */
export type Random = (bytes: Uint8Array) => void

/** Makes a ULID of a time (ms) and 80 random bits. */
export function ulid(nowMS: number, random: Random = browserRandom): string {
  let time = ''
  for (let i = 0, t = nowMS; i < 10; i++, t = Math.floor(t / 32)) time = alphabet[t % 32] + time
  const bytes = new Uint8Array(16)
  random(bytes)
  let rest = ''
  for (const b of bytes) rest += alphabet[b % 32] // 256 is a multiple of 32: no letter is likelier
  return time + rest
}

/** Random bytes of the browser, or where there is none (WeChat) of Math.random:
 *  the ids need to differ, not to be secret. */
function browserRandom(bytes: Uint8Array): void {
  if (typeof crypto !== 'undefined' && crypto.getRandomValues) {
    crypto.getRandomValues(bytes)
    return
  }
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(Math.random() * 256)
}
