import type { ComponentInternalInstance } from 'vue'

/** What charts draw with, in CSS pixels on both platforms. */
export type Brush = CanvasRenderingContext2D

/** What the platform tells of a canvas of type 2d. */
interface Found {
  node?: HTMLCanvasElement
  width?: number
  height?: number
}

/** How often a canvas is looked for that is not laid out yet, and how long after one another. */
const tries = 5
const againMS = 60

/**
 * Draws on the canvas with this id in the component: fn is called with a clean
 * canvas and its size in CSS pixels. A canvas that never comes is left alone,
 * for a page that was closed meanwhile.
 *
 *     <canvas id="curve" canvas-id="curve" type="2d" />
 */
export function draw(id: string, instance: ComponentInternalInstance | null, fn: (brush: Brush, width: number, height: number) => void, left = tries): void {
  uni
    .createSelectorQuery()
    .in(instance?.proxy)
    .select(`#${id}`)
    .fields({ node: true, size: true }, (answer) => {
      const found = (Array.isArray(answer) ? answer[0] : answer) as Found | null
      if (found?.node && found.width && found.height) paint(found.node, found.width, found.height, fn)
      else if (left > 1) setTimeout(() => draw(id, instance, fn, left - 1), againMS)
    })
    .exec()
}

function paint(node: HTMLCanvasElement, width: number, height: number, fn: (brush: Brush, width: number, height: number) => void): void {
  const ratio = pixelRatio()
  node.width = Math.round(width * ratio)
  node.height = Math.round(height * ratio)
  const brush = node.getContext('2d') as Brush | null
  if (!brush) return
  // In a browser the framework scales what is drawn by itself.
  // #ifdef MP-WEIXIN
  brush.scale(ratio, ratio)
  // #endif
  brush.clearRect(0, 0, width, height)
  fn(brush, width, height)
}

function pixelRatio(): number {
  let ratio = 1
  // #ifdef H5
  ratio = window.devicePixelRatio || 1
  // #endif
  // #ifdef MP-WEIXIN
  ratio = uni.getWindowInfo().pixelRatio || 1
  // #endif
  return ratio
}
