/** Where the hub is, and what this program runs on. */
let hub = ''
let weixin = false
// #ifdef H5
hub = location.origin
// #endif
// #ifdef MP-WEIXIN
hub = import.meta.env.VITE_HUB || 'https://127.0.0.1:8443'
weixin = true
// #endif

/** The hub's address without a slash at the end. In a browser the page came from there. */
export const hubURL: string = hub

/** Whether this runs inside WeChat. */
export const inWeChat: boolean = weixin

/** The address of the hub's socket. */
export const liveURL = `${hubURL.replace(/^http/, 'ws')}/v1/live`

/** An address of the hub's that it gave relative to its own. */
export const absolute = (path: string): string => (path.startsWith('/') ? hubURL + path : path)
