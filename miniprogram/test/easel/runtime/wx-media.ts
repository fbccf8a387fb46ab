/** wx's pictures and sound: a recorder that records silence, a camera of four colours, a player that is soon done. */
import { fileOf, keep, picture, silence } from './files'
import { mocks, record } from './log'

type Fn = (arg?: unknown) => void

/** How long a recording is unless a test says so by mocks.recorded (ms). */
const recordedMS = 2000
const playedMS = 30

async function choose(count: number): Promise<{ path: string; size: number }[]> {
  const chosen: { path: string; size: number }[] = []
  for (let i = 0; i < Math.max(1, Math.min(count, Number(mocks.chosen ?? 1))); i++) {
    const blob = await picture()
    chosen.push({ path: keep(blob, 'jpg'), size: blob.size })
  }
  return chosen
}

/** Hears and tells: the on... of a manager. */
class Teller {
  private readonly heard = new Map<string, Fn[]>()
  on = (name: string) => (fn: Fn) => void (this.heard.get(name) ?? this.heard.set(name, []).get(name)!).push(fn)
  off = (name: string) => () => void this.heard.delete(name)
  tell = (name: string, arg?: unknown) => setTimeout(() => (this.heard.get(name) ?? []).forEach((fn) => fn(arg)), 0)
}

/** There is one recorder in a program. */
const recorder = (() => {
  const t = new Teller()
  return {
    start(options: { format?: string } = {}) {
      record('recorderStart', options)
      const refused = mocks.recorder as { errMsg?: string } | undefined
      if (refused?.errMsg?.includes(':fail')) t.tell('error', refused)
      else t.tell('start')
    },
    stop() {
      record('recorderStop', {})
      const duration = Number(mocks.recorded ?? recordedMS)
      const blob = silence(duration)
      t.tell('stop', { tempFilePath: keep(blob, 'mp3'), duration, fileSize: blob.size })
    },
    pause: () => t.tell('pause'),
    resume: () => t.tell('resume'),
    onStart: t.on('start'),
    onStop: t.on('stop'),
    onPause: t.on('pause'),
    onResume: t.on('resume'),
    onError: t.on('error'),
    onFrameRecorded: t.on('frame'),
    onInterruptionBegin: t.on('begin'),
    onInterruptionEnd: t.on('end'),
  }
})()

function player(): object {
  const t = new Teller()
  const names = ['Canplay', 'Play', 'Pause', 'Stop', 'Ended', 'TimeUpdate', 'Error', 'Waiting', 'Seeking', 'Seeked']
  const own: Record<string, unknown> = { src: '', autoplay: false, paused: true, currentTime: 0, duration: 0, volume: 1 }
  for (const n of names) {
    own[`on${n}`] = t.on(n)
    own[`off${n}`] = t.off(n)
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  const halt = (event: string) => () => {
    clearTimeout(timer)
    own.paused = true
    t.tell(event)
  }
  return Object.assign(own, {
    play() {
      record('play', { src: own.src })
      own.paused = false
      t.tell('Play')
      timer = setTimeout(halt('Ended'), playedMS)
    },
    pause: halt('Pause'),
    stop: halt('Stop'),
    seek() {},
    destroy: () => clearTimeout(timer),
  })
}

/** The media's APIs. */
export const media = {
  async: {
    async chooseMedia({ count = 9 }: { count?: number }) {
      const files = await choose(count)
      return { type: 'image', tempFiles: files.map((f) => ({ tempFilePath: f.path, size: f.size, fileType: 'image', width: 64, height: 48 })) }
    },
    async chooseImage({ count = 9 }: { count?: number }) {
      const files = await choose(count)
      return { tempFilePaths: files.map((f) => f.path), tempFiles: files }
    },
    compressImage: ({ src }: { src: string }) => ({ tempFilePath: src }),
    getImageInfo: ({ src }: { src: string }) => ({ path: src, width: 64, height: 48, type: 'jpeg', orientation: 'up' }),
    previewImage: () => ({}),
    previewMedia: () => ({}),
    openDocument({ filePath }: { filePath: string }) {
      if (!fileOf(filePath)) throw new Error('file does not exist')
      return {}
    },
    saveFile: ({ tempFilePath }: { tempFilePath: string }) => ({ savedFilePath: tempFilePath }),
    shareFileMessage: () => ({}),
  },
  sync: {
    getFileSystemManager: () => ({
      writeFile: ({ success }: { success?: Fn }) => success?.({ errMsg: 'writeFile:ok' }),
      writeFileSync: () => undefined,
      getFileInfo: ({ filePath, success }: { filePath: string; success?: Fn }) => success?.({ size: fileOf(filePath)?.size ?? 0 }),
    }),
  },
  tasks: {
    getRecorderManager: () => recorder,
    createInnerAudioContext: player,
    createVideoContext: () => ({ play() {}, pause() {}, stop() {} }),
  },
}
