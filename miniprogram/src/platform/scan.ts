/** What came of scanning: the text, or why there is none. "left" is a driver who changed their mind. */
export interface Scanned {
  text: string
  why?: 'left' | 'denied'
}

/** Lets the driver scan a code with WeChat's own camera page. A browser has none. */
export function scan(): Promise<Scanned> {
  return new Promise((resolve) => {
    uni.scanCode({
      scanType: ['qrCode', 'barCode'],
      success: (answer) => resolve({ text: answer.result ?? '' }),
      fail: (e: { errMsg?: string }) => resolve({ text: '', why: /cancel/i.test(e?.errMsg ?? '') ? 'left' : 'denied' }),
    })
  })
}
