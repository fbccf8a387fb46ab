/**
 * The one place that names a colour or a size. Pages use the CSS variables that
 * PageFrame lays over each page; a canvas reads the colours themselves.
 *
 * Every text that is written has a contrast of at least 4.5 : 1 on every ground
 * it may stand on, in both themes (tokens.test.ts works it out).
 */

/** What a colour is for. */
export interface Palette {
  /** Text, and captions and units. */
  ink: string
  inkSoft: string
  /** Grounds and borders. */
  paper: string
  card: string
  line: string
  /** The primary act, links, selection; and the text on it. */
  brand: string
  onBrand: string
  /** A quiet ground for what is selected or worth a look. */
  brandSoft: string
  /** Grounds of states, all with onState on them but unpaid (onUnpaid). */
  idle: string
  fuelling: string
  paused: string
  unpaid: string
  quarantined: string
  fault: string
  offline: string
  onState: string
  onUnpaid: string
  /** Text that says that something is good, or wrong, on a card. */
  good: string
  bad: string
  warn: string
  /** Number plates as they are painted: blue, and green that begins pale; the text on each. */
  plateFuel: string
  onPlateFuel: string
  platePale: string
  plateEnergy: string
  onPlateEnergy: string
}

export const light: Palette = {
  ink: '#16202B', inkSoft: '#5B6676', paper: '#F5F7F9', card: '#FFFFFF', line: '#DDE3EA',
  brand: '#0B5563', onBrand: '#FFFFFF', brandSoft: '#E3F0F2',
  idle: '#5B6676', fuelling: '#1B7F3B', paused: '#8A5A00',
  unpaid: '#F2A100', quarantined: '#9C1150', fault: '#C62828', offline: '#3C434C', onState: '#FFFFFF', onUnpaid: '#16202B',
  good: '#177536', bad: '#C62828', warn: '#8A5A00',
  plateFuel: '#1D4FA8', onPlateFuel: '#FFFFFF', platePale: '#EAF7EF', plateEnergy: '#6CCB8B', onPlateEnergy: '#10261A',
}

export const dark: Palette = {
  ...light,
  ink: '#E8EDF2', inkSoft: '#9AA6B4', paper: '#12181F', card: '#1A222C', line: '#2C3743',
  brand: '#4FB3C4', onBrand: '#12181F', brandSoft: '#1F333B',
  good: '#5CC381', bad: '#FF8A80', warn: '#E0B054',
}

/** Steps of type in rpx, and the running amount. */
export const type = { caption: 24, body: 28, strong: 32, title: 40, money: 56, running: 72 }

/** Care mode: everything read is this much larger, in percent. */
export const largePercent = 140

/** Steps of space in rpx, the radius of a card and the least size of a target. */
export const space = { xs: 8, s: 16, m: 24, l: 32, xl: 48 }
export const radius = 16
export const target = 88

const kebab = (name: string) => name.replace(/[A-Z]/g, (c) => '-' + c.toLowerCase())

/** The tokens as CSS declarations for the root of a page. */
export function variables(isDark: boolean, isLarge: boolean): string {
  const palette = isDark ? dark : light
  const scale = isLarge ? largePercent : 100
  const lines = Object.entries(palette).map(([name, value]) => `--${kebab(name)}:${value}`)
  for (const [name, rpx] of Object.entries(type)) lines.push(`--type-${name}:${px((rpx * scale) / 100)}`)
  for (const [name, rpx] of Object.entries(space)) lines.push(`--space-${name}:${px(rpx)}`)
  lines.push(`--radius:${px(radius)}`, `--target:${px((target * (isLarge ? 120 : 100)) / 100)}`)
  return lines.concat(library(palette)).join(';')
}

/** rpx is 1/750 of the screen's width; in a style attribute vw says the same. */
function px(rpx: number): string {
  return `${Math.round((rpx / 7.5) * 1000) / 1000}vw`
}

/** The same colours by the names that the component library reads. */
function library(p: Palette): string[] {
  return [
    `--wot-color-theme:${p.brand}`, `--wot-color-white:${p.card}`, `--wot-color-title:${p.ink}`,
    `--wot-color-content:${p.ink}`, `--wot-color-secondary:${p.inkSoft}`, `--wot-color-aid:${p.inkSoft}`,
    `--wot-color-bg:${p.paper}`, `--wot-color-border:${p.line}`, `--wot-color-border-light:${p.line}`,
    `--wot-color-danger:${p.bad}`, `--wot-button-primary-color:${p.onBrand}`, `--wot-button-primary-bg-color:${p.brand}`,
    `--wot-popup-bg:${p.card}`, `--wot-keyboard-background:${p.paper}`, `--wot-keyboard-key-background:${p.card}`,
    `--wot-picker-column-color:${p.ink}`, `--wot-picker-mask:none`, `--wot-picker-column-select-bg:${p.brandSoft}`,
    `--wot-switch-inactive-color:${p.line}`, `--wot-switch-border-color:${p.line}`, `--wot-keyboard-key-active-color:${p.line}`,
    `--wot-color-black:${p.ink}`, `--wot-dark-background:${p.card}`, `--wot-dark-background2:${p.card}`, `--wot-dark-background3:${p.card}`,
    `--wot-dark-background4:${p.line}`, `--wot-dark-background5:${p.paper}`, `--wot-dark-background7:${p.inkSoft}`,
    `--wot-dark-color:${p.ink}`, `--wot-dark-color3:${p.ink}`, `--wot-dark-color-gray:${p.inkSoft}`, `--wot-dark-border-color:${p.line}`,
  ]
}
