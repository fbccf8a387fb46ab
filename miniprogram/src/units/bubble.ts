/** The measures of what is said, as bubbles draw it. */

/** The largest a picture stands in a conversation, in rpx. */
const widest = 400
const tallest = 480
const least = 160

/** A picture's width and height in rpx, kept in proportion where that leaves it to be seen; a square if they are not known. */
export function pictureSize(width = 0, height = 0): { width: number; height: number } {
  if (width <= 0 || height <= 0) return { width: widest, height: widest }
  const tall = Math.round((widest * height) / width)
  if (tall <= tallest) return { width: widest, height: Math.max(least, tall) }
  return { width: Math.max(least, Math.round((tallest * width) / height)), height: tallest }
}

/** How long a recording is in whole seconds; none is shorter than one. */
export const voiceSeconds = (ms = 0): number => Math.max(1, Math.round(ms / 1000))

/** How wide a recording's bubble is, in rpx: longer ones are wider. */
export const voiceWidth = (ms = 0): number => 180 + Math.min(60, voiceSeconds(ms)) * 4

/** Time spoken: "0:05". */
export function spoken(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
