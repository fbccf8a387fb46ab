/**
 * Before the tests: the WeChat package is built unless it is newer than every
 * source. MP_DIST names another one, which is taken as it is.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The compiled package that the tests take. */
export const dist = process.env.MP_DIST ?? join(root, 'dist', 'build', 'mp-weixin')

const newest = (dir: string) =>
  Math.max(...readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((f) => statSync(join(dir, f)).mtimeMs))

export default function setup(): void {
  if (process.env.MP_DIST) return
  const built = join(dist, 'app.json')
  const sources = Math.max(newest(join(root, 'src')), statSync(join(root, 'vite.config.ts')).mtimeMs)
  if (existsSync(built) && statSync(built).mtimeMs > sources) return
  execFileSync('npx', ['uni', 'build', '-p', 'mp-weixin'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
}
