/** Gives the driver a text as a file of their own, and says where it is. */
export function keepText(name: string, text: string): Promise<string> {
  // #ifdef H5
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000) // the browser has begun to save it by then
  return Promise.resolve('已导出，请在下载中查看')
  // #endif
  // #ifdef MP-WEIXIN
  return new Promise((resolve, reject) => {
    const path = `${(wx as unknown as { env: { USER_DATA_PATH: string } }).env.USER_DATA_PATH}/${name}`
    uni.getFileSystemManager().writeFile({
      filePath: path,
      data: text,
      encoding: 'utf8',
      success: () => {
        const share = wx as unknown as { shareFileMessage?(o: { filePath: string; fail(): void }): void }
        share.shareFileMessage?.({ filePath: path, fail: () => {} })
        resolve('已导出，可转发给自己保存')
      },
      fail: () => reject(new Error('the file could not be written')),
    })
  })
  // #endif
}
