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
        resolve(files?.[0])
        // #endif
        // #ifdef MP-WEIXIN
        resolve((chosen.tempFilePaths as string[])[0] ?? files?.[0]?.path)
        // #endif
      },
      fail: () => resolve(undefined),
    })
  })
}

/** Shows a picture as large as the screen. */
export function showPicture(url: string): void {
  uni.previewImage({ urls: [url], current: url })
}
