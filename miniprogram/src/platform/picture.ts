import type { Upload } from './recorder'

/** The largest picture the hub takes, in bytes. */
export const largestPicture = 5 << 20

/** Lets the driver choose one picture; undefined if they changed their mind. */
export function pickPicture(): Promise<Upload | undefined> {
  return new Promise((resolve) => {
    uni.chooseImage({
      count: 1,
      sizeType: ['compressed'],
      success: (chosen) => {
        const files = chosen.tempFiles as unknown as (File & { path?: string })[] | undefined
        // #ifdef H5
        void (files?.[0] ? smaller(files[0]).then(resolve) : resolve(undefined))
        // #endif
        // #ifdef MP-WEIXIN
        resolve((chosen.tempFilePaths as string[])[0] ?? files?.[0]?.path)
        // #endif
      },
      fail: () => resolve(undefined),
    })
  })
}

/** Whether the hub would refuse a picture for its size; WeChat made its own smaller already. */
export const tooLarge = (file: Upload): boolean => typeof file !== 'string' && file.size > largestPicture

// #ifdef H5
/** The longest side of a picture that was made smaller, in points: enough to read a receipt. */
const longestSide = 2048

/** A photograph too large for the hub made smaller, as WeChat does by itself; anything else as it is. */
async function smaller(file: File): Promise<File> {
  if (file.size <= largestPicture) return file
  try {
    const picture = await createImageBitmap(file)
    const scale = Math.min(1, longestSide / Math.max(picture.width, picture.height))
    const canvas = document.createElement('canvas')
    canvas.width = Math.round(picture.width * scale)
    canvas.height = Math.round(picture.height * scale)
    canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height)
    picture.close()
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.85))
    return blob ? new File([blob], 'picture.jpg', { type: 'image/jpeg' }) : file
  } catch {
    return file // no picture that this browser knows: the hub has the last word
  }
}
// #endif

/** A chosen picture to be looked at before it is sent. */
export interface Preview {
  url: string
  /** Gives back what the browser holds for it. */
  free(): void
}

/** Makes a preview of a chosen picture. */
export function preview(file: Upload): Preview {
  if (typeof file === 'string') return { url: file, free: () => {} }
  const url = URL.createObjectURL(file)
  return { url, free: () => URL.revokeObjectURL(url) }
}

/** Shows a picture as large as the screen. */
export function showPicture(url: string): void {
  uni.previewImage({ urls: [url], current: url })
}
