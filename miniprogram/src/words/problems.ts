import type { Problem } from '@/api/types'

type NameOf<T> = T extends `urn:forecourt:problem:${infer Name}` ? Name : never

/** A problem of the hub's catalogue by its name: "code-refused". */
export type ProblemName = NameOf<Problem['type']>

/**
 * The hub's problems in words for drivers: what happened, what it means for
 * the money, what to do. Those that only staff and devices can meet have none
 * (problems.test.ts names them); one that a newer hub made says the least that
 * is true.
 */
const words: Partial<Record<ProblemName, string>> = {
  internal: '系统出了点问题，不会重复扣款，请重试',
  'bad-request': '填写的内容不正确，请检查',
  'unknown-field': '小程序版本过旧，请更新后再试',
  'too-old': '小程序版本过旧，请更新后再试',
  'too-large': '内容太大，请缩短后再试',
  'not-found': '没有找到，可能已被删除',
  unauthorized: '登录已过期，请重新登录',
  forbidden: '没有权限查看',
  'too-many': '操作太频繁，请稍等一会儿再试',
  'key-missing': '请求不完整，请重试',
  'key-reused': '这次操作已提交过，请刷新查看结果',
  'storage-unavailable': '油站系统暂时无响应，加油不受影响，请稍后再试',
  'thread-closed': '会话已结束，重新打开后可继续',
  'not-your-thread': '这不是您的会话',
  'thread-open': '会话还没有结束，结束后可以评价',
  'already-rated': '本次会话您已评价过',
  'media-type': '只能发送 JPEG、PNG、WebP 图片或 MP3、WAV 语音',
  'media-limit': '图片不超过 5 MB，语音不超过 60 秒',
  'media-gone': '图片或语音已失效，请返回重新打开',
  'content-refused': '内容含有不允许发送的词语，请修改后再发',
  'code-refused': '验证码错误或已过期，请重新获取',
  'phone-refused': '手机号不正确，请输入 11 位手机号',
  'plate-refused': '车牌号不正确，请检查',
  'nozzle-code': '没有这个油枪码，请核对油枪旁标签上的编码',
  'nozzle-claimed': '这把油枪已有其他车主在用，请换一把或稍等',
  'id-number-refused': '身份证号码不正确，请检查',
  'consent-needed': '需要先在授权管理里同意此用途',
  'consent-stale': '说明内容已更新，请重新阅读后再同意',
  erased: '该账号已注销',
  'erase-blocked': '还有未付款的加油订单，付清后才能注销',
  'wechat-phone': '首次使用请授权手机号，也可用短信验证码登录',
  'wechat-refused': '微信没有确认这次登录，请重试或改用短信验证码',
  'wechat-away': '微信暂时无响应，请改用短信验证码登录',
  'trip-refused': '里程与前后记录不符，请核对里程表',
}

/** The words of a problem. */
export function problemWords(p: Problem): string {
  const name = p.type.replace('urn:forecourt:problem:', '') as ProblemName
  return words[name] ?? (p.status >= 500 ? words.internal! : '操作没有成功，请重试')
}

/** The names of the problems that have words. */
export const wordedProblems = Object.keys(words)
