/** What the tests use of packages that bring no types. */
declare module 'jsdom' {
  export class JSDOM {
    constructor(html: string, options?: { pretendToBeVisual?: boolean })
    readonly window: Window & typeof globalThis
  }
}

declare module 'ws' {
  import type { IncomingMessage } from 'node:http'
  import type { Duplex } from 'node:stream'

  export class WebSocket {
    send(text: string): void
    terminate(): void
    on(event: 'close', fn: () => void): void
    on(event: 'message', fn: (data: Uint8Array) => void): void
  }

  export class WebSocketServer {
    constructor(options: { noServer: true })
    handleUpgrade(req: IncomingMessage, socket: Duplex, head: Uint8Array, fn: (ws: WebSocket) => void): void
  }
}
