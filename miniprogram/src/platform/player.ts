/** Plays a recording to its end; it throws if it cannot be played. */
export function play(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const player = uni.createInnerAudioContext()
    let over = false
    const end = (done: () => void) => {
      if (over) return // a browser's player stops once more when it is put away
      over = true
      player.destroy()
      done()
    }
    player.onEnded(() => end(resolve))
    player.onStop(() => end(resolve))
    player.onError(() => end(() => reject(new Error('the recording cannot be played'))))
    player.src = url
    player.play()
  })
}
