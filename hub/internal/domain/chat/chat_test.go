package chat_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"forecourt/hub/internal/domain/chat"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// noon is a Thursday, 12:00 in Shanghai.
var noon = time.Date(2026, 3, 12, 4, 0, 0, 0, time.UTC)

func staffNo(n byte) id.Staff   { return id.Staff{n} }
func threadNo(n byte) id.Thread { return id.Thread{n} }

func wantProblem(t testing.TB, err error, want wire.ProblemType) {
	t.Helper()
	var p *wire.Problem
	if !errors.As(err, &p) || p.Type != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCleanText(t *testing.T) {
	long := strings.Repeat("好", wire.MaxTextRunes)
	for _, c := range []struct{ typed, want string }{
		{"  你好\r\n吗 \n", "你好\n吗"},
		{"a", "a"},
		{long, long},
		{"👩‍👩‍👧", "👩‍👩‍👧"},
		{"", ""},
		{" \n\t ", ""},
		{long + "好", ""},
		{"a\x00b", ""},
		{"a\tb", ""},
		{"a\x7fb", ""},
		{"\xff", ""},
		{"a\rb", ""},
		{"a\u0085b", ""},
	} {
		got, err := chat.CleanText(c.typed, wire.MaxTextRunes)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q: %q, %v", c.typed, got, err)
		}
		if err != nil {
			wantProblem(t, err, wire.ProblemBadRequest)
		}
	}
}

func FuzzCleanText(f *testing.F) {
	for _, seed := range []string{"你好", "a\r\nb", "\xff", "", "\u200b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		clean, err := chat.CleanText(typed, wire.MaxTextRunes)
		if err != nil {
			return
		}
		again, err := chat.CleanText(clean, wire.MaxTextRunes)
		if n := utf8.RuneCountInString(clean); err != nil || again != clean || n < 1 || n > wire.MaxTextRunes {
			t.Errorf("%q became %q, then %q, %v", typed, clean, again, err)
		}
	})
}

func TestPreview(t *testing.T) {
	m := chat.Message{Message: wire.Message{From: wire.PartyDriver, Kind: wire.MessageText, At: noon}}
	for text, want := range map[string]string{
		"你好\n\n吗": "你好 吗", "": "",
		strings.Repeat("长", 40): strings.Repeat("长", 40),
		strings.Repeat("长", 41): strings.Repeat("长", 39) + "…",
	} {
		m.Text = text
		if got := m.Preview(); got.Text != want || got.At != noon || got.From != wire.PartyDriver {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

// agents of the property: number n is staffNo(n).
func agent(n byte, head bool) chat.Agent {
	return chat.Agent{Staff: staffNo(n), Number: "400" + string(rune('0'+n)), Head: head}
}

// Whatever is asked in whatever order, a conversation stays sound, and a
// refusal leaves it as it was.
func TestAConversationStaysSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		th := chat.NewThread(threadNo(1), id.Station{1}, "站", id.Member{1}, now)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "minutes")) * time.Minute)
			was := th
			by := agent(byte(rapid.IntRange(1, 3).Draw(t, "by")), rapid.Bool().Draw(t, "head"))
			to := agent(byte(rapid.IntRange(1, 3).Draw(t, "to")), false)
			if err := anyStep(t, &th, by, to, now); err != nil && th != was {
				t.Fatalf("refused with %v, and yet %+v became %+v", err, was, th)
			}
			sound(t, th)
		}
	})
}

func anyStep(t *rapid.T, th *chat.Thread, by, to chat.Agent, now time.Time) error {
	var err error
	switch rapid.IntRange(0, 8).Draw(t, "step") {
	case 0:
		_, err = th.Take(by, now)
	case 1:
		_, err = th.Transfer(by, to, "记", now)
	case 2:
		_, err = th.PutBack(by, "", now)
	case 3:
		th.Close(now)
	case 4:
		err = th.Reopen(now)
	case 5:
		if th.State == wire.ThreadClosed {
			th.ReopenBy(by, now)
		}
	case 6:
		before := th.Last
		n := th.Say(rapid.SampledFrom([]wire.Party{wire.PartyDriver, wire.PartyAgent, wire.PartySystem}).Draw(t, "from"), now)
		if n != before+1 {
			t.Fatalf("number %d after %d", n, before)
		}
	case 7:
		mark := th.DriverRead
		th.Read(wire.PartyDriver, rapid.Uint64Range(0, 50).Draw(t, "n"))
		if th.DriverRead < mark {
			t.Fatal("a mark went back")
		}
	case 8:
		err = th.Rate(wire.Rating{Stars: rapid.IntRange(0, 6).Draw(t, "stars"), At: now})
	}
	return err
}

func sound(t *rapid.T, th chat.Thread) {
	switch {
	case (th.State == wire.ThreadWaiting) != !th.WaitingSince.IsZero(),
		th.State == wire.ThreadActive && (th.Agent.IsZero() || th.TakenAt.IsZero()),
		th.State == wire.ThreadWaiting && (!th.Agent.IsZero() || th.AgentNumber != ""),
		th.State == wire.ThreadClosed && (th.Closings == 0 || th.ClosedAt.IsZero()),
		th.Spoken > th.Last, th.DriverRead > th.Last, th.AgentRead > th.Last,
		th.Rating != nil && (th.Rating.Stars < 1 || th.Rating.Stars > 5):
		t.Fatalf("unsound: %+v", th)
	}
}

func TestWhoMaySpeak(t *testing.T) {
	waiting := chat.NewThread(threadNo(1), id.Station{1}, "站", id.Member{1}, noon)
	taken := waiting
	if _, err := taken.Take(agent(1, false), noon); err != nil {
		t.Fatal(err)
	}
	closed := taken
	closed.Close(noon)
	wantProblem(t, waiting.MayAnswer(staffNo(1)), wire.ProblemNotYourThread)
	wantProblem(t, taken.MayAnswer(staffNo(2)), wire.ProblemThreadTaken)
	wantProblem(t, closed.MayAnswer(staffNo(1)), wire.ProblemThreadClosed)
	if err := taken.MayAnswer(staffNo(1)); err != nil {
		t.Error(err)
	}
	if closed.Agent != staffNo(1) {
		t.Error("who had it last is forgotten")
	}
	for name, step := range map[string]func(*chat.Thread) error{
		"take": func(th *chat.Thread) error { _, err := th.Take(agent(2, true), noon); return err },
		"transfer": func(th *chat.Thread) error {
			_, err := th.Transfer(agent(1, true), agent(2, false), "", noon)
			return err
		},
		"put back": func(th *chat.Thread) error { _, err := th.PutBack(agent(1, true), "", noon); return err },
	} {
		t.Run(name, func(t *testing.T) {
			th := closed
			wantProblem(t, step(&th), wire.ProblemThreadClosed)
		})
	}
}

func TestOneNoticeForAStretch(t *testing.T) {
	th := chat.NewThread(threadNo(1), id.Station{1}, "站", id.Member{1}, noon)
	told := 0
	for _, c := range []struct {
		read uint64
		want int
	}{{0, 1}, {0, 1}, {1, 2}, {1, 2}, {2, 2}, {4, 3}} {
		th.Read(wire.PartyDriver, c.read)
		th.Say(wire.PartyAgent, noon)
		if th.NeedsNotice() {
			told, th.Told = told+1, th.Last
		}
		if told != c.want {
			t.Errorf("read up to %d of %d: %d notices, want %d", c.read, th.Last, told, c.want)
		}
	}
}

func TestSame(t *testing.T) {
	media := id.Media{7}
	text := chat.Message{Message: wire.Message{Thread: threadNo(1), From: wire.PartyDriver, Kind: wire.MessageText, Text: "你好"}}
	pic := chat.Message{Staff: staffNo(1), Message: wire.Message{
		Thread: threadNo(1), From: wire.PartyAgent, Kind: wire.MessagePicture, Media: &wire.Media{ID: media},
	}}
	tutorial := chat.Message{Staff: staffNo(1), Canned: id.Canned{1}, Message: wire.Message{
		Thread: threadNo(1), From: wire.PartyAgent, Kind: wire.MessageTutorial, Text: "标题", Parts: []wire.Part{{Text: "一"}},
	}}
	for i, c := range []struct {
		m     chat.Message
		party wire.Party
		staff id.Staff
		in    id.Thread
		req   wire.SendRequest
		want  bool
	}{
		{text, wire.PartyDriver, id.Staff{}, threadNo(1), wire.SendRequest{Kind: wire.MessageText, Text: " 你好 "}, true},
		{text, wire.PartyDriver, id.Staff{}, threadNo(2), wire.SendRequest{Kind: wire.MessageText, Text: "你好"}, false},
		{text, wire.PartyAgent, staffNo(1), threadNo(1), wire.SendRequest{Kind: wire.MessageText, Text: "你好"}, false},
		{text, wire.PartyDriver, id.Staff{}, threadNo(1), wire.SendRequest{Kind: wire.MessageText, Text: "你好", Media: media}, false},
		{pic, wire.PartyAgent, staffNo(1), threadNo(1), wire.SendRequest{Kind: wire.MessagePicture, Media: media}, true},
		{pic, wire.PartyAgent, staffNo(2), threadNo(1), wire.SendRequest{Kind: wire.MessagePicture, Media: media}, false},
		{pic, wire.PartyAgent, staffNo(1), threadNo(1), wire.SendRequest{Kind: wire.MessageVoice, Media: media}, false},
		{tutorial, wire.PartyAgent, staffNo(1), threadNo(1), wire.SendRequest{Kind: wire.MessageTutorial, Canned: id.Canned{1}}, true},
		{tutorial, wire.PartyAgent, staffNo(1), threadNo(1), wire.SendRequest{Kind: wire.MessageTutorial, Canned: id.Canned{2}}, false},
	} {
		if got := c.m.Same(c.party, c.staff, c.in, c.req); got != c.want {
			t.Errorf("case %d: %v", i, got)
		}
	}
}

func TestRecentFitsAFrame(t *testing.T) {
	long := wire.Part{Text: strings.Repeat("长", wire.MaxTextRunes)}
	var messages []wire.Message
	for n := range 3 * wire.MaxMessagesInSnap {
		m := wire.Message{N: uint64(n + 1), Kind: wire.MessageTutorial}
		for range wire.MaxParts {
			m.Parts = append(m.Parts, long)
		}
		messages = append(messages, m)
	}
	got := chat.Recent(messages)
	if b := wire.Body(wire.ChatSnap{Messages: got}); len(b) > wire.MaxFrameOutBytes || len(got) < 5 {
		t.Errorf("%d messages, %d bytes", len(got), len(b))
	}
	if got[len(got)-1].N != uint64(len(messages)) {
		t.Error("the newest is left out")
	}
	for i := range messages {
		messages[i].Parts = nil
	}
	if got := chat.Recent(messages); len(got) != wire.MaxMessagesInSnap {
		t.Errorf("%d short messages", len(got))
	}
}
