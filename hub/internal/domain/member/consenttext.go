package member

import "forecourt/shared/wire"

// ConsentTexts is what members are asked to agree to, as it stands now. Each
// says what is kept, what for, how long, and that refusing changes nothing in
// refuelling (PIPL, articles 14, 16, 17, 29).
//
// A text that changes in meaning gets the next version; whoever agreed to an
// earlier one keeps that word until they take it back.
func ConsentTexts() []wire.ConsentText {
	return []wire.ConsentText{
		{
			Purpose: wire.ConsentIDNumber, Version: 1, Title: "保存身份证号码",
			Text: "我们将保存您的身份证号码，仅用于办理记名卡、购买散装汽油等法规要求实名登记的业务，不作他用。" +
				"号码以您专用的密钥加密存放在本站的服务器上，不提供给第三方；只有油站负责人说明理由后才能查看，每次查看都有记录。" +
				"保存至您撤回同意、注销，或连续三年未到站且未登录为止，届时立即删除。" +
				"您可以不同意，也可以随时撤回；加油、付款、开票和客服都不受影响，只是不能办理上述需要实名的业务。",
		},
		{
			Purpose: wire.ConsentAccount, Version: 1, Title: "保存付款账户",
			Text: "我们将保存您填写的微信、支付宝或银行账户，仅用于您选择的免密付款和退款原路返回。" +
				"账户以您专用的密钥加密存放在本站的服务器上，不提供给第三方；只有油站负责人说明理由后才能查看，每次查看都有记录。" +
				"保存至您删除账户、撤回同意、注销，或连续三年未到站且未登录为止，届时立即删除。" +
				"您可以不同意，也可以随时撤回；您仍可在收银台付款，加油不受影响。",
		},
		{
			Purpose: wire.ConsentLocation, Version: 1, Title: "使用您的位置",
			Text: "我们将在您打开小程序时使用手机的位置，仅用于显示离您最近的油站和到站提醒。" +
				"位置只在使用的当时处理，不保存，不形成行踪轨迹，也不提供给第三方。" +
				"您可以不同意，也可以随时撤回；您仍可自己选择油站，加油不受影响。",
		},
		{
			Purpose: wire.ConsentPlate, Version: 1, Title: "识别车牌",
			Text: "我们将在加油位用摄像头识别您的车牌，仅用于确认您的车辆已到达油枪，以便自动关联订单。" +
				"识别结果只与您登记的车牌比对，不保存抓拍照片和行车轨迹，也不提供给第三方；未同意的车辆，识别结果不予保存。" +
				"您可以不同意，也可以随时撤回；您仍可扫描油枪上的二维码或输入枪码，加油不受影响。",
		},
		{
			Purpose: wire.ConsentMarketing, Version: 1, Title: "按加油习惯接收优惠",
			Text: "我们将根据您的加油记录（油品、次数、金额和时间）判断哪些优惠适合您，并向您发送优惠券和活动通知。" +
				"加油习惯由本站服务器从您的订单算出，不提供给第三方；保存至您注销，或连续三年未到站且未登录为止。" +
				"您可以不同意，也可以随时撤回，撤回后不再用于挑选优惠；油价、加油和面向所有人的活动都不受影响。",
		},
	}
}

// consentText is the text of a purpose.
func consentText(purpose wire.ConsentPurpose) (wire.ConsentText, bool) {
	for _, t := range ConsentTexts() {
		if t.Purpose == purpose {
			return t, true
		}
	}
	return wire.ConsentText{}, false
}
