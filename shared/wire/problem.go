package wire

// Problem is an error at an edge, as RFC 9457 writes it
// (application/problem+json). Words for people come from Type, in their
// language; Detail is for the log.
type Problem struct {
	// Type is from the catalogue below: "urn:forecourt:problem:sale-not-payable".
	Type ProblemType `json:"type"`
	// Title is the catalogue's English line.
	Title string `json:"title"`
	// Status repeats the HTTP status.
	Status int `json:"status"`
	// Detail says what exactly, without secrets.
	Detail string `json:"detail,omitempty"`
	// Instance is the request id, to be found in the log.
	Instance string `json:"instance,omitempty"`
	// Retry is whether the same command may succeed later.
	Retry bool `json:"retry,omitempty"`
}

// Error makes a Problem an error.
func (p *Problem) Error() string {
	if p.Detail != "" {
		return p.Title + ": " + p.Detail
	}
	return p.Title
}

// ProblemType names a kind of problem.
type ProblemType string

const problemPrefix ProblemType = "urn:forecourt:problem:"

// The catalogue.
const (
	ProblemInternal         = problemPrefix + "internal"
	ProblemBadRequest       = problemPrefix + "bad-request"
	ProblemUnknownField     = problemPrefix + "unknown-field"
	ProblemTooLarge         = problemPrefix + "too-large"
	ProblemNotFound         = problemPrefix + "not-found"
	ProblemUnauthorized     = problemPrefix + "unauthorized"
	ProblemForbidden        = problemPrefix + "forbidden"
	ProblemLoginRefused     = problemPrefix + "login-refused"
	ProblemTooMany          = problemPrefix + "too-many"
	ProblemKeyMissing       = problemPrefix + "key-missing"
	ProblemKeyReused        = problemPrefix + "key-reused"
	ProblemSaleNotPayable   = problemPrefix + "sale-not-payable"
	ProblemSaleAlreadyPaid  = problemPrefix + "sale-already-paid"
	ProblemSaleQuarantined  = problemPrefix + "sale-quarantined"
	ProblemAmountChanged    = problemPrefix + "amount-changed"
	ProblemTenderTooSmall   = problemPrefix + "tender-too-small"
	ProblemNotResolvable    = problemPrefix + "not-resolvable"
	ProblemNozzleBusy       = problemPrefix + "nozzle-busy"
	ProblemNozzleMode       = problemPrefix + "nozzle-mode"
	ProblemPriceUnknown     = problemPrefix + "price-unknown-grade"
	ProblemStorage          = problemPrefix + "storage-unavailable"
	ProblemTooOld           = problemPrefix + "too-old"
	ProblemEnrolmentRefused = problemPrefix + "enrolment-refused"
	ProblemThreadClosed     = problemPrefix + "thread-closed"
	ProblemThreadTaken      = problemPrefix + "thread-taken"
	ProblemNotYourThread    = problemPrefix + "not-your-thread"
	ProblemThreadOpen       = problemPrefix + "thread-open"
	ProblemAlreadyRated     = problemPrefix + "already-rated"
	ProblemMediaType        = problemPrefix + "media-type"
	ProblemMediaLimit       = problemPrefix + "media-limit"
	ProblemMediaGone        = problemPrefix + "media-gone"
	ProblemContentRefused   = problemPrefix + "content-refused"
	ProblemCodeRefused      = problemPrefix + "code-refused"
	ProblemPhoneRefused     = problemPrefix + "phone-refused"
	ProblemPlateRefused     = problemPrefix + "plate-refused"
	ProblemNozzleCode       = problemPrefix + "nozzle-code"
	ProblemNozzleClaimed    = problemPrefix + "nozzle-claimed"
	ProblemSecondFactor     = problemPrefix + "second-factor"
	ProblemSecondRefused    = problemPrefix + "second-factor-refused"
	ProblemMustFirst        = problemPrefix + "must-first"
	ProblemPasswordWeak     = problemPrefix + "password-weak"
	ProblemNumberTaken      = problemPrefix + "number-taken"
	ProblemLastHead         = problemPrefix + "last-head"
	ProblemNotYourNozzle    = problemPrefix + "not-your-nozzle"
	ProblemIDNumber         = problemPrefix + "id-number-refused"
	ProblemConsentNeeded    = problemPrefix + "consent-needed"
	ProblemConsentStale     = problemPrefix + "consent-stale"
	ProblemErased           = problemPrefix + "erased"
	ProblemEraseBlocked     = problemPrefix + "erase-blocked"
	ProblemSegmentRule      = problemPrefix + "segment-rule"
	ProblemRotating         = problemPrefix + "rotating"
	ProblemBackupBusy       = problemPrefix + "backup-busy"
	ProblemNoBackup         = problemPrefix + "no-backup"
	ProblemBackupUnfit      = problemPrefix + "backup-unfit"
	ProblemBackupKey        = problemPrefix + "backup-key"
	ProblemNotRestorable    = problemPrefix + "not-restorable"
	ProblemNameTaken        = problemPrefix + "name-taken"
	ProblemWeChatPhone      = problemPrefix + "wechat-phone"
	ProblemWeChatRefused    = problemPrefix + "wechat-refused"
	ProblemWeChatAway       = problemPrefix + "wechat-away"
	ProblemTripRefused      = problemPrefix + "trip-refused"
	ProblemOfferTimes       = problemPrefix + "offer-times"
)

// ProblemInfo is a catalogue entry: what every process knows of a type.
type ProblemInfo struct {
	// Status is the HTTP status.
	Status int
	// Retry is whether the same command may succeed later, unchanged.
	Retry bool
	// Title is the English line, Chinese the line a cashier reads: what
	// happened, what it means for the money, what to do.
	Title, Chinese string
}

// Problems is the catalogue.
var Problems = map[ProblemType]ProblemInfo{
	ProblemInternal:         {500, true, "Something failed inside; nothing was charged twice. Try again", "系统内部出错，不会重复收款，请重试"},
	ProblemBadRequest:       {422, false, "The request is not valid", "请求内容不正确"},
	ProblemUnknownField:     {422, false, "The request has a field this version does not know", "请求含有无法识别的字段，请升级程序"},
	ProblemTooLarge:         {413, false, "The request is too large", "请求内容过大"},
	ProblemNotFound:         {404, false, "There is no such thing here", "没有找到"},
	ProblemUnauthorized:     {401, false, "Please sign in again", "请重新登录"},
	ProblemForbidden:        {403, false, "Your role may not do this", "您的岗位没有此权限"},
	ProblemLoginRefused:     {401, false, "Number or password is wrong", "工号或密码不正确"},
	ProblemTooMany:          {429, true, "Too many tries; wait a moment", "尝试过于频繁，请稍候再试"},
	ProblemKeyMissing:       {400, false, "The command carries no id", "命令缺少编号"},
	ProblemKeyReused:        {409, false, "This id was used for another command", "命令编号已用于其他操作"},
	ProblemSaleNotPayable:   {409, false, "This sale cannot be paid now", "这笔交易现在不能收款"},
	ProblemSaleAlreadyPaid:  {409, false, "This sale is already paid; do not take money again", "这笔交易已收款，请勿重复收款"},
	ProblemSaleQuarantined:  {409, false, "This sale does not agree with the totalizer; nothing may be charged until it is checked", "这笔交易与泵码不符，核实前不得收款"},
	ProblemAmountChanged:    {409, false, "The amount due has changed; check it and take the money again", "应收金额已变化，请核对后重新收款"},
	ProblemTenderTooSmall:   {422, false, "The money handed over is less than the amount due", "实收金额小于应收金额"},
	ProblemNotResolvable:    {409, false, "This sale cannot be resolved that way now", "这笔交易现在不能这样处理"},
	ProblemNozzleBusy:       {409, true, "The nozzle is busy; wait until it is hung up", "油枪正在使用，请挂枪后再试"},
	ProblemNozzleMode:       {409, false, "The nozzle's mode does not allow this", "油枪当前模式不允许此操作"},
	ProblemPriceUnknown:     {422, false, "This station does not sell that grade", "本站没有该油品"},
	ProblemStorage:          {503, true, "The database is not answering; pumps go on, try again in a moment", "数据库暂时无响应，加油不受影响，请稍后重试"},
	ProblemTooOld:           {426, false, "This program is too old for the hub; update it", "程序版本过旧，请升级"},
	ProblemEnrolmentRefused: {403, false, "The enrolment code is wrong, used or expired", "登记码错误、已使用或已过期"},
	ProblemThreadClosed:     {409, false, "This conversation is closed; reopen it first", "会话已结束，请先重新打开"},
	ProblemThreadTaken:      {409, false, "Another agent has this conversation", "会话已由其他客服接待"},
	ProblemNotYourThread:    {403, false, "This conversation is not yours", "这不是您的会话"},
	ProblemThreadOpen:       {409, false, "The conversation is still open", "会话尚未结束"},
	ProblemAlreadyRated:     {409, false, "This conversation has been rated already", "本次会话已评价"},
	ProblemMediaType:        {415, false, "This kind of file cannot be sent; send a JPEG, PNG or WebP picture, or a WAV or MP3 recording", "不支持此文件类型，请发送 JPEG、PNG、WebP 图片或 WAV、MP3 语音"},
	ProblemMediaLimit:       {413, false, "The picture or recording is too large or too long", "图片或语音超出大小或时长限制"},
	ProblemMediaGone:        {404, false, "The picture or recording is no longer there, or its link has expired", "图片或语音已失效，请重新打开"},
	ProblemContentRefused:   {422, false, "This cannot be sent: it contains words or content that is not allowed", "内容包含不允许发送的词语或信息，请修改后再发"},
	ProblemCodeRefused:      {401, false, "The code is wrong or has expired", "验证码错误或已过期"},
	ProblemPhoneRefused:     {422, false, "This is not a mobile number", "手机号码不正确"},
	ProblemPlateRefused:     {422, false, "This is not a number plate", "车牌号码不正确"},
	ProblemNozzleCode:       {404, false, "No nozzle has this code", "没有找到该油枪码"},
	ProblemNozzleClaimed:    {409, true, "Someone else stands at this nozzle", "该油枪已有其他车主"},
	ProblemSecondFactor:     {401, false, "Enter the code of your authenticator", "请输入身份验证器上的动态验证码"},
	ProblemSecondRefused:    {401, false, "The code is wrong, used or expired", "动态验证码错误、已使用或已过期"},
	ProblemMustFirst:        {403, false, "First choose a password of your own, or set up the second factor", "请先修改初始密码或设置二次验证"},
	ProblemPasswordWeak:     {422, false, "This password is too easy to guess: take a longer one, not your number and no simple row", "密码过于简单，请使用更长的密码，不要使用工号或连续字符"},
	ProblemNumberTaken:      {409, false, "Somebody has this number already", "该工号已被使用"},
	ProblemLastHead:         {409, false, "A station needs a head who can sign in", "油站必须保留至少一名可登录的负责人"},
	ProblemNotYourNozzle:    {403, false, "You are not responsible for this nozzle", "该油枪不由您负责"},
	ProblemIDNumber:         {422, false, "This is not an ID number", "身份证号码不正确"},
	ProblemConsentNeeded:    {403, false, "The member has not agreed to this", "会员尚未同意此项用途"},
	ProblemConsentStale:     {409, false, "The text has changed; please read it again", "同意书内容已更新，请重新阅读"},
	ProblemErased:           {410, false, "This member was erased", "该会员信息已注销并删除"},
	ProblemEraseBlocked:     {409, false, "A sale of this member is not settled yet; settle it first", "该会员还有未结清的交易，请先结清"},
	ProblemSegmentRule:      {422, false, "This rule cannot be used", "会员分组规则不正确"},
	ProblemBackupBusy:       {409, true, "A backup is being made, proved or restored already; wait until it is done", "备份、演练或恢复正在进行中，请等待完成"},
	ProblemNoBackup:         {404, false, "There is no backup for this moment, or it is gone", "没有这一时刻的备份，或备份已不存在"},
	ProblemBackupUnfit:      {409, false, "This backup was made by a newer version and cannot be restored here", "该备份由更新的版本生成，无法在此恢复"},
	ProblemBackupKey:        {409, false, "The key of the backups is kept elsewhere; restore at the command line with that key", "备份密钥保管在别处，请凭密钥在命令行恢复"},
	ProblemNotRestorable:    {409, false, "Nothing is ready to take the place of the live data", "没有已准备好、可切换的恢复数据"},
	ProblemRotating:         {409, true, "Keys are being changed already; wait until it is done", "密钥正在更换中，请等待完成"},
	ProblemWeChatPhone:      {409, false, "This WeChat account is new here: let it give its phone number, or take a code by text message", "首次使用请授权手机号，也可以用短信验证码登录"},
	ProblemWeChatRefused:    {401, false, "WeChat does not confirm this sign-in; try again, or take a code by text message", "微信未确认本次登录，请重试或改用短信验证码"},
	ProblemWeChatAway:       {503, true, "WeChat is not answering; take a code by text message", "微信暂时无响应，请改用短信验证码登录"},
	ProblemTripRefused:      {422, false, "This odometer reading does not fit the ones before and after it", "里程与前后记录不符，请核对后再填"},
	ProblemOfferTimes:       {422, false, "An offer ends after it begins, and within a year", "优惠的结束时间须晚于开始时间，且不超过一年"},
	ProblemNameTaken:        {409, false, "There is one of this name already", "该名称已被使用"},
}

// NewProblem makes a Problem from the catalogue with a detail for the log.
func NewProblem(t ProblemType, detail string) *Problem {
	info := Problems[t]
	return &Problem{Type: t, Title: info.Title, Status: info.Status, Retry: info.Retry, Detail: detail}
}
