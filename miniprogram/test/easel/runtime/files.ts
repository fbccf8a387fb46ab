/** The phone's temporary files: what was recorded, chosen or downloaded, under wxfile:// names. */

const files = new Map<string, Blob>()
const urls = new Map<string, string>()
let made = 0

/** The hub as it was named when the package was built, and the origin that stands for it here. */
export const builtFor: string = (window as unknown as { __builtFor: string }).__builtFor

/** Puts this page's origin in the place of the hub's, so that the stand can pass it on; other hosts stay as they are. */
export function toStand(url: string): string {
  const socket = builtFor.replace(/^http/, 'ws')
  if (url.startsWith(builtFor)) return location.origin + url.slice(builtFor.length)
  if (url.startsWith(socket)) return location.origin.replace(/^http/, 'ws') + url.slice(socket.length)
  return url
}

/** Keeps a file and names it. */
export function keep(blob: Blob, ending: string): string {
  const path = `wxfile://tmp/${++made}.${ending}`
  files.set(path, blob)
  return path
}

/** The file of a name; undefined if there is none. */
export const fileOf = (path: string): Blob | undefined => files.get(path)

/** An address the browser can show a file or picture by. */
export function fileURL(path: string): string {
  const file = files.get(path)
  if (!file) return path.startsWith('data:') ? path : path.startsWith('/') ? `/package${path}` : toStand(path)
  if (!urls.has(path)) urls.set(path, URL.createObjectURL(file))
  return urls.get(path)!
}

/** A recording: mono MP3 of the length, silent, as WeChat's recorder makes it at 16 kHz and 48 kbit/s. */
export function silence(ms: number): Blob {
  const frame = new Uint8Array(216)
  frame.set([0xff, 0xf3, 0x68, 0xc0])
  const count = Math.max(1, Math.round(ms / 36))
  return new Blob(Array.from({ length: count }, () => frame), { type: 'audio/mpeg' })
}

/** A picture of some colours, as a camera gives it. */
export function picture(): Promise<Blob> {
  const canvas = document.createElement('canvas')
  canvas.width = 64
  canvas.height = 48
  const pen = canvas.getContext('2d')!
  for (const [i, colour] of ['#0b5563', '#e9f2f3', '#b3261e', '#f5f7f9'].entries()) {
    pen.fillStyle = colour
    pen.fillRect(i * 16, 0, 16, 48)
  }
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob!), 'image/jpeg', 0.9))
}
