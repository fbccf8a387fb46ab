/** The Chromium of the machine, as all tests and photographs run it. */

/** The program; CHROMIUM names another. */
export const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Nothing of its own on the network, no name of another host found, and a machine without graphics will do. */
export const quietly = [
  '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--disable-default-apps', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

/** A phone of the usual size, in China. */
export const handset = {
  viewport: { width: 375, height: 760 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
  locale: 'zh-CN',
  timezoneId: 'Asia/Shanghai',
}
