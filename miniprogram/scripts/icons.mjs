// Makes src/theme/icons.gen.ts and the pictures of the tab bar from the
// product's own icons, which the till shows too.
//
//   node scripts/icons.mjs          the icons as text
//   node scripts/icons.mjs --tabs   and the tab bar's pictures (needs chromium)
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'

const from = new URL('../../assets/icons/', import.meta.url)
const read = (name) => readFileSync(new URL(`${name}.svg`, from), 'utf8').trim()

const names = readdirSync(from).filter((f) => f.endsWith('.svg')).map((f) => f.slice(0, -4)).sort()
const escaped = (svg) => svg.replace(/currentColor/g, 'black').replace(/"/g, "'").replace(/#/g, '%23').replace(/</g, '%3C').replace(/>/g, '%3E')
let text = '// Made by scripts/icons.mjs from assets/icons. Do not edit.\n\n/** The icons as the body of a data address. */\nexport const icons = {\n'
for (const name of names) text += `  '${name}': ${JSON.stringify(escaped(read(name)))},\n`
text += '} as const\n\n/** The name of an icon. */\nexport type IconName = keyof typeof icons\n'
writeFileSync(new URL('../src/theme/icons.gen.ts', import.meta.url), text)

if (process.argv.includes('--tabs')) {
  const { chromium } = await import('playwright-core')
  const side = 81 // px, what WeChat asks of a tab bar's picture
  const tabs = { home: 'holster', fuel: 'nozzle-up', messages: 'message', me: 'person' }
  const { light, dark } = JSON.parse(readFileSync(new URL('../src/theme.json', import.meta.url), 'utf8'))
  const looks = { '': light.tab, '-on': light.tabOn, '-dark': dark.tab, '-dark-on': dark.tabOn }
  const out = new URL('../src/static/tab/', import.meta.url)
  mkdirSync(out, { recursive: true })
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  const page = await browser.newPage({ viewport: { width: side, height: side } })
  for (const [tab, icon] of Object.entries(tabs)) {
    for (const [look, colour] of Object.entries(looks)) {
      const svg = read(icon).replace(/currentColor/g, colour).replace(/width="24" height="24"/, `width="${side}" height="${side}"`)
      await page.setContent(`<body style="margin:0;background:transparent">${svg}</body>`)
      const png = await page.screenshot({ omitBackground: true })
      writeFileSync(new URL(`${tab}${look}.png`, out), png)
    }
  }
  await browser.close()
}
