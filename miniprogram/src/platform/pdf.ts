import { headers } from '@/api/http'
import { refusal, unreachable } from '@/api/problem'
import { hubURL } from './env'

/** How long a document may take; a page of evidence is some tens of kilobytes. */
const timeoutMS = 30_000

/**
 * Brings a PDF of the hub's to the driver, to keep or to pass on: in WeChat it
 * opens with the menu that shares and saves, in a browser it is saved under
 * the name given. A HubError if it cannot be had.
 */
export async function showPDF(path: string, name: string): Promise<void> {
  // #ifdef H5
  await savePDF(await fetchPDF(hubURL + path), name)
  // #endif
  // #ifdef MP-WEIXIN
  await openPDF(await downloadPDF(hubURL + path))
  void name // WeChat names it by itself
  // #endif
}

// #ifdef H5
async function fetchPDF(url: string): Promise<Blob> {
  const stop = new AbortController()
  const late = setTimeout(() => stop.abort(), timeoutMS)
  try {
    const answer = await fetch(url, { headers: headers(), signal: stop.signal }).catch(() => {
      throw unreachable()
    })
    if (!answer.ok) throw refusal(answer.status, await answer.json().catch(() => null))
    return await answer.blob().catch(() => {
      throw unreachable()
    })
  } finally {
    clearTimeout(late)
  }
}

/** Saves it as browsers do: a link that is tapped for the driver. */
async function savePDF(blob: Blob, name: string): Promise<void> {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  document.body.appendChild(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(url), timeoutMS) // the browser may still read it
}
// #endif

// #ifdef MP-WEIXIN
function downloadPDF(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    uni.downloadFile({
      url,
      header: headers(),
      timeout: timeoutMS,
      success: (answer) => (answer.statusCode === 200 ? resolve(answer.tempFilePath) : reject(refusal(answer.statusCode, null))),
      fail: () => reject(unreachable()),
    })
  })
}

function openPDF(filePath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    uni.openDocument({ filePath, fileType: 'pdf', showMenu: true, success: () => resolve(), fail: () => reject(refusal(500, null)) })
  })
}
// #endif
