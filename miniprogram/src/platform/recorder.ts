/** Recording a voice message: WeChat's own recorder, or the browser's microphone. */
// #ifdef H5
import { resampled, sampleRate, wav } from '@/units/wav'
// #endif

/** The longest recording, in ms: what the hub takes. */
export const longestMS = 60_000
/** What a slip of the finger is shorter than, in ms. */
export const shortestMS = 500

/** A recording as it is uploaded: a path in WeChat, a file in a browser. */
export type Upload = string | File

/** A recording under way. */
export interface Recording {
  /** Ends it; undefined if it was too short. */
  stop(): Promise<Upload | undefined>
  /** Ends it and throws it away. */
  cancel(): void
}

/** Begins to record; it throws if the microphone is refused. */
export function record(): Promise<Recording> {
  // #ifdef MP-WEIXIN
  return recordInWeChat()
  // #endif
  // #ifdef H5
  return recordInBrowser()
  // #endif
}

// #ifdef MP-WEIXIN
function recordInWeChat(): Promise<Recording> {
  const recorder = uni.getRecorderManager()
  return new Promise((resolve, reject) => {
    const began = Date.now()
    let kept = true
    let finish: (path: Upload | undefined) => void = () => {}
    const ended = new Promise<Upload | undefined>((done) => (finish = done))
    recorder.onStop((r: { tempFilePath: string }) => finish(kept && Date.now() - began >= shortestMS ? r.tempFilePath : undefined))
    recorder.onError(() => {
      finish(undefined)
      reject(new Error('no microphone'))
    })
    recorder.onStart(() =>
      resolve({
        stop: () => {
          recorder.stop()
          return ended
        },
        cancel: () => {
          kept = false
          recorder.stop()
        },
      }),
    )
    // 16 kHz mono: speech in 6 KB a second, a format that the hub takes.
    recorder.start({ duration: longestMS, sampleRate: 16000, numberOfChannels: 1, encodeBitRate: 48000, format: 'mp3' })
  })
}
// #endif

// #ifdef H5
/** The microphone's samples, gathered until it is stopped. No library and no worker is loaded for it. */
async function recordInBrowser(): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true } })
  const context = new AudioContext()
  const source = context.createMediaStreamSource(stream)
  const tap = context.createScriptProcessor(4096, 1, 1)
  const heard: Float32Array[] = []
  let samples = 0
  tap.onaudioprocess = (e) => {
    if (samples * 1000 >= longestMS * context.sampleRate) return
    const piece = new Float32Array(e.inputBuffer.getChannelData(0))
    heard.push(piece)
    samples += piece.length
  }
  source.connect(tap)
  tap.connect(context.destination)
  const end = () => {
    stream.getTracks().forEach((t) => t.stop())
    tap.disconnect()
    source.disconnect()
    return context.close()
  }
  return {
    cancel: () => void end(),
    async stop() {
      const rate = context.sampleRate
      await end()
      if (samples * 1000 < shortestMS * rate) return undefined
      const all = new Float32Array(samples)
      let at = 0
      for (const piece of heard) {
        all.set(piece, at)
        at += piece.length
      }
      const longest = (longestMS / 1000) * sampleRate
      const bytes = wav(resampled(all, rate, sampleRate).slice(0, longest), sampleRate)
      return new File([bytes], 'voice.wav', { type: 'audio/wav' })
    },
  }
}
// #endif
