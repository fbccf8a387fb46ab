/**
 * Before the tests: a package is built unless it is newer than every source.
 * MP_DIST and H5_DIST name others, which are taken as they are.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The compiled WeChat package that the tests take. */
export const dist = process.env.MP_DIST ?? join(root, 'dist', 'build', 'mp-weixin')
/** The browser build that the tests take. */
export const site = process.env.H5_DIST ?? join(root, 'dist', 'build', 'h5')

const newest = (dir: string) =>
  Math.max(...readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((f) => statSync(join(dir, f)).mtimeMs))

/** Builds a platform if its first file is older than a source. */
function fresh(platform: 'h5' | 'mp-weixin', first: string): void {
  const sources = Math.max(newest(join(root, 'src')), statSync(join(root, 'vite.config.ts')).mtimeMs)
  if (existsSync(first) && statSync(first).mtimeMs > sources) return
  execFileSync('npx', ['uni', 'build', '-p', platform], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
}

/** The WeChat package is there and not older than its sources. */
export default function weixin(): void {
  if (!process.env.MP_DIST) fresh('mp-weixin', join(dist, 'app.json'))
}

/** The browser build is there and not older than its sources. */
export function browser(): void {
  if (!process.env.H5_DIST) fresh('h5', join(site, 'index.html'))
}
