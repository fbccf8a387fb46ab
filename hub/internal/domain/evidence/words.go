package evidence

import (
	"fmt"

	"forecourt/shared/wire"
)

// unknown stands for what is not known.
const unknown = "无记录"

func orUnknown(s string) string {
	if s == "" {
		return unknown
	}
	return s
}

func machine(number int) string {
	if number == 0 {
		return unknown
	}
	return fmt.Sprintf("%d 号", number)
}

// CheckLabel says what is held against what. It is part of the signed text.
func CheckLabel(k wire.CheckKind) string {
	switch k {
	case wire.CheckTotalizer:
		return "泵码差与油机显示体积"
	case wire.CheckChain:
		return "泵码起与本枪上一笔泵码止"
	case wire.CheckAmount:
		return "油机显示金额与单价乘体积"
	case wire.CheckPrice:
		return "枪上单价与挂牌单价"
	}
	return string(k)
}

// ResultLabel says how a check came out. It is part of the signed text.
func ResultLabel(r wire.CheckResult) string {
	switch r {
	case wire.CheckAgrees:
		return "一致"
	case wire.CheckDiffers:
		return "不一致"
	case wire.CheckUnknown:
		return "无从比对"
	}
	return string(r)
}

// FeeLabel names a line of what a sale costs. It is part of the signed text.
func FeeLabel(k wire.FeeKind) string {
	switch k {
	case wire.FeeGross:
		return "油款"
	case wire.FeeDiscount:
		return "单价优惠"
	case wire.FeeCampaign:
		return "活动优惠"
	case wire.FeeCoupon:
		return "优惠券"
	case wire.FeePoints:
		return "积分抵扣"
	case wire.FeeDue:
		return "应付"
	case wire.FeePaid:
		return "实付"
	}
	return string(k)
}

// StateLabel says where a sale stands. It is part of the signed text.
func StateLabel(s wire.SaleState) string {
	switch s {
	case wire.SaleOpen:
		return "加油中"
	case wire.SaleUnpaid:
		return "待付款"
	case wire.SalePaid:
		return "已付款"
	case wire.SaleQuarantined:
		return "数据不符，待核实，不收费"
	case wire.SaleMissing:
		return "待补录"
	case wire.SaleTest:
		return "回罐测试"
	case wire.SaleDriveOff:
		return "未付款离站"
	case wire.SaleVoid:
		return "已作废，不收费"
	}
	return string(s)
}

// noteLabel is the note of a line of what a sale costs, in words.
func noteLabel(note string) string {
	switch {
	case note == string(wire.TenderCash):
		return "现金"
	case wire.SaleState(note) == wire.SaleQuarantined, wire.SaleState(note) == wire.SaleMissing,
		wire.SaleState(note) == wire.SaleTest, wire.SaleState(note) == wire.SaleVoid, wire.SaleState(note) == wire.SaleOpen:
		return StateLabel(wire.SaleState(note))
	}
	return note
}
