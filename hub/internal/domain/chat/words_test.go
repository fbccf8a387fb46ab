package chat_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"forecourt/hub/internal/domain/chat"
	"forecourt/shared/wire"
)

func TestWords(t *testing.T) {
	w := chat.NewWords()
	own := []string{"红烧肉", "ＡＢＣ store", "…"}
	for text, refused := range map[string]bool{
		"你好，加油多少钱？":          false,
		"发票怎么开":              false,
		"我的银行卡付款失败了":         false,
		"密码忘了怎么办":            false,
		"":                   false,
		"代开发票":               true,
		"代 开-发。票":            true,
		"代\u200b开\ufeff发\n票": true,
		"请提供银行卡密码":           true,
		"Send me your PIN！":  true,
		"ｓｅｎｄ ｍｅ ｙｏｕｒ ｐｉｎ": true,
		"今天吃红 烧 肉":         true,
		"abc STORE":        true,
		"红烧":               false,
		"㊓㊏⑨":              false,
	} {
		err := w.CheckText(t.Context(), text, own)
		if !refused && err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if refused {
			wantProblem(t, err, wire.ProblemContentRefused)
			if err != nil && strings.Contains(err.Error(), "肉") {
				t.Errorf("%q: the refusal teaches the word: %v", text, err)
			}
		}
	}
}

// However a blocked word is spread out, it is found.
func TestWordsCannotBeSpreadOut(t *testing.T) {
	w := chat.NewWords()
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		b.WriteString(rapid.StringOf(rapid.SampledFrom([]rune("你好加油abc 12"))).Draw(t, "before"))
		for _, r := range "代开发票" {
			b.WriteRune(r)
			b.WriteString(rapid.StringOfN(rapid.SampledFrom([]rune(" \n.,。，-_*\u200b\u200d\u00ad\ufeff·😀")), 0, 4, -1).Draw(t, "between"))
		}
		if w.CheckText(t.Context(), b.String(), nil) == nil {
			t.Fatalf("%q got through", b.String())
		}
	})
}

func TestPlainTwiceIsPlainOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if once := chat.Plain(text); chat.Plain(once) != once {
			t.Fatalf("%q: %q, then %q", text, once, chat.Plain(once))
		}
	})
}

func TestCleanSettings(t *testing.T) {
	good := chat.Defaults()
	if _, err := chat.CleanSettings(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*wire.SupportSettings){
		"no greeting":  func(s *wire.SupportSettings) { s.Greeting = " " },
		"no away":      func(s *wire.SupportSettings) { s.Away = "" },
		"long":         func(s *wire.SupportSettings) { s.Away = strings.Repeat("长", 201) },
		"mode":         func(s *wire.SupportSettings) { s.Assign = "dice" },
		"none each":    func(s *wire.SupportSettings) { s.MaxEach = 0 },
		"many each":    func(s *wire.SupportSettings) { s.MaxEach = 51 },
		"a day 7":      func(s *wire.SupportSettings) { s.Hours = []wire.Office{{Day: 7, From: "08:00", To: "09:00"}} },
		"backwards":    func(s *wire.SupportSettings) { s.Hours = []wire.Office{{Day: 1, From: "22:00", To: "06:00"}} },
		"no time":      func(s *wire.SupportSettings) { s.Hours = []wire.Office{{Day: 1, From: "8:00", To: "09:00"}} },
		"beyond a day": func(s *wire.SupportSettings) { s.Hours = []wire.Office{{Day: 1, From: "08:00", To: "24:01"}} },
		"spans":        func(s *wire.SupportSettings) { s.Hours = make([]wire.Office, 29) },
		"a blank word": func(s *wire.SupportSettings) { s.Blocked = []string{" ！"} },
		"words":        func(s *wire.SupportSettings) { s.Blocked = make([]string, 501) },
	} {
		t.Run(name, func(t *testing.T) {
			s := good
			change(&s)
			_, err := chat.CleanSettings(s)
			wantProblem(t, err, wire.ProblemBadRequest)
		})
	}
}

func TestCleanCanned(t *testing.T) {
	got, err := chat.CleanCanned(wire.CannedRequest{Title: " 绑车 ", Keys: " BDCL1 ", Parts: []wire.CannedPart{{Text: " 一 "}}})
	if err != nil || got.Title != "绑车" || got.Keys != "bdcl1" || got.Parts[0].Text != "一" {
		t.Errorf("%+v, %v", got, err)
	}
	part := []wire.CannedPart{{Text: "一"}}
	for name, req := range map[string]wire.CannedRequest{
		"no title":  {Parts: part},
		"no parts":  {Title: "a"},
		"many":      {Title: "a", Parts: make([]wire.CannedPart, 13)},
		"a code":    {Title: "a", Keys: "绑定", Parts: part},
		"a blank":   {Title: "a", Keys: "a b", Parts: part},
		"empty":     {Title: "a", Parts: []wire.CannedPart{{}}},
		"both":      {Title: "a", Parts: []wire.CannedPart{{Text: "a", Picture: [16]byte{1}}}},
		"long part": {Title: "a", Parts: []wire.CannedPart{{Text: strings.Repeat("长", 1001)}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := chat.CleanCanned(req)
			wantProblem(t, err, wire.ProblemBadRequest)
		})
	}
}
