/** What the phone keeps between starts, each under a name of its own. */
const prefix = 'forecourt.'

/** Reads what was kept; undefined if nothing was, or it cannot be read. */
export function load<T>(name: string): T | undefined {
  try {
    const text = uni.getStorageSync(prefix + name) as string
    return text ? (JSON.parse(text) as T) : undefined
  } catch {
    return undefined
  }
}

/** Keeps a value. A full or forbidden store is no reason to stop: it is then forgotten. */
export function save(name: string, value: unknown): void {
  try {
    uni.setStorageSync(prefix + name, JSON.stringify(value))
  } catch {
    // nothing can be done for it here
  }
}

/** Forgets a value. */
export function forget(name: string): void {
  try {
    uni.removeStorageSync(prefix + name)
  } catch {
    // as in save
  }
}
