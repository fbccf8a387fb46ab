/** wx's person and phone: who logs in, where, with what settings. Nothing of it is real. */
import { mocks } from './log'
import { front } from './pages'
import { pack } from './package'

/** Kunming, as the demo station. */
const kunming = { latitude: 24.8801, longitude: 102.8329 }
let codes = 0

const size = () => ({
  windowWidth: innerWidth, windowHeight: innerHeight, screenWidth: innerWidth, screenHeight: innerHeight,
  statusBarHeight: 20, screenTop: 0, pixelRatio: devicePixelRatio,
  safeArea: { left: 0, top: 20, right: innerWidth, bottom: innerHeight, width: innerWidth, height: innerHeight - 20 },
})
const device = () => ({ brand: 'test', model: 'test', system: 'Android 14', platform: 'android', abi: 'arm64', deviceType: 'phone' })
const base = () => ({
  SDKVersion: '3.5.0', version: '8.0.50', language: 'zh_CN', enableDebug: false, fontSizeSetting: 16, fontSizeScaleFactor: 1,
  theme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light', host: { env: 'WeChat' },
  ...(mocks.appBase as object | undefined),
})
const system = () => ({ ...size(), ...device(), ...base() })

/** An API of a place works only if app.json declares it; WeChat fails otherwise. */
function declared(name: string): void {
  if (!pack.app.requiredPrivateInfos?.includes(name)) throw new Error('the api need to be declared in the requiredPrivateInfos field in app.json')
}

/** The person's and the phone's APIs. */
export const phone = {
  async: {
    login: () => ({ code: `js-${String(mocks.who ?? 'driver')}-${++codes}-${Date.now().toString(36)}` }),
    checkSession: () => ({}),
    getFuzzyLocation() {
      declared('getFuzzyLocation')
      return { ...kunming }
    },
    getLocation() {
      declared('getLocation')
      return { ...kunming, accuracy: 30 }
    },
    getSetting: () => ({ authSetting: { 'scope.userFuzzyLocation': true, 'scope.record': true } }),
    authorize: () => ({}),
    getPrivacySetting: () => ({ needAuthorization: false, privacyContractName: '隐私保护指引' }),
    requirePrivacyAuthorize: () => ({}),
    scanCode: () => ({ result: String(mocks.scanned ?? ''), scanType: 'QR_CODE', charSet: 'utf-8', path: '' }),
    requestSubscribeMessage: ({ tmplIds }: { tmplIds: string[] }) => Object.fromEntries(tmplIds.map((id) => [id, 'accept'])),
    requestPayment: () => ({}),
    getSystemInfo: system,
    setClipboardData: () => ({}),
    getClipboardData: () => ({ data: '' }),
    getBatteryInfo: () => ({ level: 80, isCharging: false }),
  },
  sync: {
    getSystemInfoSync: system,
    getWindowInfo: size,
    getDeviceInfo: device,
    getAppBaseInfo: base,
    getSystemSetting: () => ({ bluetoothEnabled: true, locationEnabled: true, wifiEnabled: true, deviceOrientation: 'portrait' }),
    getAppAuthorizeSetting: () => ({ locationAuthorized: 'authorized', microphoneAuthorized: 'authorized', cameraAuthorized: 'authorized' }),
    getAccountInfoSync: () => ({ miniProgram: { appId: 'test', envVersion: 'develop', version: '0.0.0' } }),
    getLaunchOptionsSync: () => ({ path: front()?.path ?? '', query: {}, scene: 1001 }),
    getEnterOptionsSync: () => ({ path: front()?.path ?? '', query: {}, scene: 1001 }),
    getMenuButtonBoundingClientRect: () => ({ width: 87, height: 32, top: 24, right: innerWidth - 7, bottom: 56, left: innerWidth - 94 }),
    getUpdateManager: () => ({ onCheckForUpdate() {}, onUpdateReady() {}, onUpdateFailed() {}, applyUpdate() {} }),
    getExtConfigSync: () => ({}),
  },
}
