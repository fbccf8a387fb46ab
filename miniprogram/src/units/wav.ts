/** Recordings as the hub takes them from a browser: 16 kHz, mono, 16 bits, in a WAV file (RIFF, "fmt " and "data"). */
export const sampleRate = 16_000

/** Samples of one rate at another, each by the mean of those it stands for. */
export function resampled(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return samples
  const step = from / to
  const out = new Float32Array(Math.floor(samples.length / step))
  for (let i = 0; i < out.length; i++) {
    const first = Math.floor(i * step)
    const end = Math.max(first + 1, Math.min(samples.length, Math.floor((i + 1) * step)))
    let sum = 0
    for (let j = first; j < end; j++) sum += samples[j]
    out[i] = sum / (end - first)
  }
  return out
}

/** A WAV file of samples between -1 and 1. */
export function wav(samples: Float32Array, rate: number): Uint8Array {
  const header = 44
  const bytes = new Uint8Array(header + samples.length * 2)
  const view = new DataView(bytes.buffer)
  const text = (at: number, s: string) => [...s].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)))
  text(0, 'RIFF')
  view.setUint32(4, bytes.length - 8, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true) // PCM
  view.setUint16(22, 1, true) // mono
  view.setUint32(24, rate, true)
  view.setUint32(28, rate * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  view.setUint32(40, samples.length * 2, true)
  samples.forEach((s, i) => view.setInt16(header + i * 2, Math.round(Math.max(-1, Math.min(1, s)) * 32767), true))
  return bytes
}
