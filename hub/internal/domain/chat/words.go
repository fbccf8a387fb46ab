package chat

import (
	"context"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"forecourt/shared/wire"
)

// Checker judges what may be said. It answers a *wire.Problem of type
// wire.ProblemContentRefused, or nil; any other error means that it could not
// judge.
type Checker interface {
	// CheckText judges text; more are the station's own blocked words.
	CheckText(ctx context.Context, text string, more []string) error
}

// Words is the local Checker: a built-in list and the station's. Full-width
// letters, case, blanks, punctuation and invisible characters make no
// difference. It is a fence, not a judge: it knows phrases, not meanings.
type Words struct{ list []string }

// NewWords makes the local Checker.
func NewWords() *Words { return &Words{list: plainAll(blocked())} }

// CheckText implements Checker.
func (w *Words) CheckText(_ context.Context, text string, more []string) error {
	said := Plain(text)
	for _, list := range [][]string{w.list, plainAll(more)} {
		for _, word := range list {
			if strings.Contains(said, word) {
				// Which word is not told: it would teach how to get around it.
				return wire.NewProblem(wire.ProblemContentRefused, "")
			}
		}
	}
	return nil
}

// Plain is text as words are compared: compatibility forms unified (NFKC),
// lower case, nothing but letters and digits.
func Plain(text string) string {
	drop := func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return -1
		}
		return unicode.ToLower(r)
	}
	// A second time, for lower case may leave what composes anew.
	return norm.NFKC.String(strings.Map(drop, norm.NFKC.String(text)))
}

func plainAll(words []string) []string {
	list := make([]string, 0, len(words))
	for _, word := range words {
		if p := Plain(word); p != "" {
			list = append(list, p)
		}
	}
	return list
}

// blocked is the built-in list: what has no place between a driver and a
// petrol station, and what those who fish for cards and passwords write.
func blocked() []string {
	return []string{
		// gambling
		"网上赌场", "线上赌博", "赌博平台", "百家乐开户", "六合彩特码", "时时彩计划", "博彩网址", "棋牌上分", "外围投注",
		// loan sharks
		"高利贷", "裸贷", "套路贷", "黑户贷款", "无视征信放款", "无抵押秒放款", "信用卡套现", "花呗套现", "代还信用卡",
		// weapons and drugs
		"出售枪支", "买卖枪支", "仿真枪出售", "枪支弹药", "出售炸药", "雷管出售", "电击枪出售", "出售冰毒", "迷药出售",
		// invoices, cards and documents for sale
		"代开发票", "代开增值税", "出售发票", "买卖发票", "加油发票代开", "办假证", "刻章办证", "出售银行卡", "收购银行卡", "收购身份证",
		"加油卡套现", "低价加油卡转让", "跑分平台",
		// fishing for cards and passwords
		"告诉我银行卡号", "提供银行卡号", "发送银行卡号", "输入银行卡号", "提供银行卡密码", "输入银行卡密码", "告诉我银行卡密码",
		"提供支付密码", "告诉我支付密码", "把验证码发给我", "验证码告诉我", "提供短信验证码", "信用卡背面三位", "信用卡安全码发",
		"转到安全账户", "安全账户转账", "屏幕共享给我", "下载远程控制软件",
		"cardnumberandcvv", "sendmeyourpin", "sendyourpassword",
	}
}
