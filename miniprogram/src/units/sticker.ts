/** The code on the sticker at a nozzle, as it is typed, scanned or linked to. */

/** How many characters it has (the hub's claim code: 40 bits in Crockford's base 32). */
export const codeLength = 8

/** What was typed, as the sticker prints it: capitals and digits, look-alikes read as the hub reads them. */
export function cleanCode(typed: string): string {
  return typed.toUpperCase().replace(/O/g, '0').replace(/[IL]/g, '1').replace(/[^0-9A-Z]/g, '').slice(0, codeLength)
}

/**
 * The code in what was scanned: the code itself, or an address that ends in
 * ?code=…; "" if there is none, as in the QR code of something else.
 */
export function scannedCode(text: string): string {
  const linked = /[?&]code=([^&#]*)/.exec(text)
  const raw = linked ? decode(linked[1]!) : text
  const bare = raw.replace(/[\s-]/g, '')
  return /^[0-9A-Za-z]{8}$/.test(bare) ? cleanCode(bare) : ''
}

/** The code that a page was opened with: as itself, or within the address that WeChat hands on as q. */
export function openedCode(query: { code?: string; q?: string } | undefined): string {
  if (query?.code) return scannedCode(query.code)
  return query?.q ? scannedCode(decode(query.q)) : ''
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
