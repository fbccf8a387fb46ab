/**
 * Everything a driver asks of the hub, one function an operation, by the names
 * of its OpenAPI document. Errors are HubError.
 */
import type { Upload } from '@/platform/recorder'
import { call, upload } from './http'
import type {
  Claim, CodeSent, ConsentList, Consumption, DriverSession, Evidence, Habits, Media, MediaLink, Member, MemberExport,
  Message, MessageList, NoticeList, Order, OrderList, OwnPhone, PriceHistory, SendRequest, SessionsEnded, StationCard, Thread,
  ThreadList, Ticket, Trip,
} from './types'

const driver = '/v1/driver'
const thread = (id: string, rest: string) => `${driver}/threads/${id}/${rest}`

// What anybody may ask.
export const stations = () => call<StationCard[]>('GET', `${driver}/stations`)
export const station = (id: string) => call<StationCard>('GET', `${driver}/stations/${id}`)
export const prices = (id: string, limit = 60) => call<PriceHistory>('GET', `${driver}/stations/${id}/prices`, { query: { limit } })
export const guestTicket = () => call<Ticket>('POST', `${driver}/guest-tickets`)

// Signing in and out.
export const sendCode = (phone: string) => call<CodeSent>('POST', `${driver}/codes`, { body: { phone } })
export const login = (phone: string, code: string, wechat_code?: string) =>
  call<DriverSession>('POST', `${driver}/login`, { body: { phone, code, ...(wechat_code ? { wechat_code } : {}) } })
export const wechatLogin = (code: string, phone_code?: string) =>
  call<DriverSession>('POST', `${driver}/wechat`, { body: { code, ...(phone_code ? { phone_code } : {}) } })
export const logout = () => call<void>('POST', `${driver}/logout`)
/** Ends one's sessions on all other devices. */
export const endOthers = () => call<SessionsEnded>('DELETE', `${driver}/sessions`)
export const ticket = () => call<Ticket>('POST', `${driver}/tickets`)

// One's own entry.
export const me = () => call<Member>('GET', `${driver}/me`)
/** One's own number in full, which is masked everywhere else; each look is on record. */
export const revealPhone = () => call<OwnPhone>('POST', `${driver}/me/phone`)
export const rename = (name: string) => call<Member>('PUT', `${driver}/me`, { body: { name } })
export const addVehicle = (vehicle: { plate: string; model?: string; tank_ml?: number }) =>
  call<Member>('POST', `${driver}/vehicles`, { body: vehicle })
export const dropVehicle = (id: string) => call<Member>('DELETE', `${driver}/vehicles/${id}`)
export const habits = () => call<Habits>('GET', `${driver}/me/habits`)
export const setIDNumber = (id_number: string) => call<Member>('PUT', `${driver}/me/id-number`, { body: { id_number } })
export const addAccount = (kind: 'wechat' | 'alipay' | 'bank', account: string) =>
  call<Member>('POST', `${driver}/me/accounts`, { body: { kind, account } })
export const dropAccount = (id: string) => call<Member>('DELETE', `${driver}/me/accounts/${id}`)
export const consents = () => call<ConsentList>('GET', `${driver}/consents`)
export const setConsent = (purpose: string, given: boolean, version: number) =>
  call<ConsentList>('PUT', `${driver}/consents/${purpose}`, { body: { given, version } })
export const exportMe = () => call<MemberExport>('GET', `${driver}/me/export`)
export const eraseMe = (number: string) => call<void>('POST', `${driver}/me/erasure`, { body: { number } })

// Fuelling and records.
export const claim = (code: string) => call<Claim>('POST', `${driver}/fuelling`, { body: { code } })
export const orders = (query: { before?: string; limit?: number; from?: string; until?: string } = {}) =>
  call<OrderList>('GET', `${driver}/orders`, { query })
export const noteTrip = (sale: string, trip: Trip) => call<Order>('PUT', `${driver}/orders/${sale}/trip`, { body: trip })
export const consumption = (query: { vehicle?: string; from?: string; until?: string } = {}) =>
  call<Consumption>('GET', `${driver}/consumption`, { query })
export const evidence = (sale: string) => call<Evidence>('GET', `${driver}/orders/${sale}/evidence`)
export const evidencePDF = (sale: string) => `${driver}/orders/${sale}/evidence.pdf`

// Messages and conversations.
export const notices = () => call<NoticeList>('GET', `${driver}/notices`)
export const threads = () => call<ThreadList>('GET', `${driver}/threads`)
export const openThread = (stationID: string) => call<Thread>('POST', `${driver}/threads`, { body: { station: stationID } })
export const messages = (id: string, before: number, limit = 50) =>
  call<MessageList>('GET', thread(id, 'messages'), { query: { before, limit } })
export const say = (id: string, message: SendRequest) => call<Message>('POST', thread(id, 'messages'), { body: message })
export const read = (id: string, n: number) => call<Thread>('POST', thread(id, 'read'), { body: { n } })
export const rate = (id: string, stars: number, note: string) =>
  call<Thread>('POST', thread(id, 'rating'), { body: { stars, ...(note ? { note } : {}) } })
export const closeThread = (id: string) => call<Thread>('POST', thread(id, 'close'))
export const reopenThread = (id: string) => call<Thread>('POST', thread(id, 'reopen'))
export const uploadMedia = (id: string, file: Upload) => upload<Media>(thread(id, 'media'), file)
export const mediaLink = (media: string) => call<MediaLink>('GET', `${driver}/media/${media}/link`)
