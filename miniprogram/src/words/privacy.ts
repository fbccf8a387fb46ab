/** What drivers agree to when they sign in: what is kept, what for, how long. */
export const privacy: { title: string; text: string }[] = [
  { title: '手机号', text: '用于登录和识别您的加油记录。加密保存，收银员看不到；负责人查看明文须填写原因并留下记录。' },
  { title: '加油记录', text: '时间、油站、油品、升数、金额和付款方式，用于您的账单、油耗统计和凭证。' },
  { title: '车牌和里程', text: '您自己填写，用于分车统计油耗，可随时删除。' },
  { title: '与客服的聊天', text: '文字、图片和语音加密保存，只有接待您的客服和负责人能看到。' },
  { title: '位置', text: '只在您的手机上用来按距离排列油站，不会上传。不允许也能正常加油。' },
  { title: '保存多久', text: '您可以随时导出全部资料，或注销账号；注销后个人资料在系统和备份中都无法再读出。' },
]
