/** What WeChat itself is asked for. In a browser nothing of this is called. */

/** A fresh code of wx.login: good once, for five minutes. */
export function loginCode(): Promise<string> {
  return new Promise((resolve, reject) => {
    uni.login({
      provider: 'weixin',
      success: (answer) => (answer.code ? resolve(answer.code) : reject(new Error('no code'))),
      fail: () => reject(new Error('wx.login failed')),
    })
  })
}

/** What the button getPhoneNumber brings. */
export interface PhoneAnswer {
  detail: { code?: string; errMsg?: string; errno?: number }
}

/** Why there is no phone number: the driver said no, or the station's quota is used up. */
export function phoneRefusal(answer: PhoneAnswer): string {
  const quotaUsed = 1400001 // developers.weixin.qq.com, getPhoneNumber, errno
  return answer.detail.errno === quotaUsed ? '微信手机号服务暂不可用，请用短信验证码登录' : '没有关系，也可以用短信验证码登录'
}
