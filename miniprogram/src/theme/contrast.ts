/** How well one colour reads on another, as WCAG 2.2 works it out. For tests: no page needs it. */

/** Red, green and blue, 0 to 255. */
export type RGB = [number, number, number]

/** What text needs on its ground (WCAG AA). */
export const textNeeds = 4.5
/** What large text (24 px, or 18.66 px and bold) and pictures need. */
export const largeNeeds = 3

/** "#RRGGBB" as numbers. */
export function rgbOf(hex: string): RGB {
  if (!/^#[0-9a-f]{6}$/i.test(hex)) throw new Error(`${hex} is no colour of six digits`)
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as RGB
}

function luminance(colour: RGB): number {
  const [r, g, b] = colour.map((v) => (v <= 10 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)) as RGB
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** The contrast of two colours, 1 to 21. */
export function contrast(one: RGB, other: RGB): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}
