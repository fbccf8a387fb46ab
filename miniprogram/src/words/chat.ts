import type { Message, Notice, Thread } from '@/api/types'

/** Where a conversation stands, in a line. */
export function threadWords(t: Thread): string {
  if (t.state === 'closed') return t.rating ? '已结束，已评价' : '已结束，可以评价'
  if (t.state === 'waiting') return '等待客服接入'
  return t.agent_name ? `${t.agent_name} 正在为您服务` : '客服正在为您服务'
}

/** What the system says in a conversation. */
export function eventWords(m: Message): string {
  switch (m.event) {
    case 'greeting':
      return m.wait_seconds ? `${m.text ?? ''}（预计等待 ${Math.ceil(m.wait_seconds / 60)} 分钟）` : (m.text ?? '')
    case 'away':
      return m.text ?? '现在没有客服值班，留言会保存，上班后回复'
    case 'taken':
      return `${m.agent ?? '客服'} 为您服务`
    case 'transferred':
      return `已转给 ${m.agent ?? '其他客服'}`
    case 'returned':
      return '客服暂时离开，正在为您安排其他客服'
    case 'ended':
      return '会话已结束'
    case 'reopened':
      return '会话已重新打开'
  }
  return m.text ?? ''
}

/** What a notice says to who reads it here: its own text sends people to this program. */
export function noticeWords(n: Notice): string {
  if (n.kind === 'chat.message') return '客服回复了您的咨询，点开查看'
  if (n.kind === 'chat.closed') return '您的咨询已结束，点开评价本次服务'
  return n.text
}
