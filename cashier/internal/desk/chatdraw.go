package desk

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// The lists on the left.
const (
	groupWaiting = iota
	groupMine
	groupOthers
	groupClosed
	groupCount
)

// grouped sorts the conversations into the lists.
func (s *State) grouped() [groupCount][]wire.Case {
	var out [groupCount][]wire.Case
	for _, k := range s.chat.support.Cases() {
		group := groupOthers
		switch {
		case k.Thread.State == wire.ThreadWaiting:
			group = groupWaiting
		case k.Thread.State == wire.ThreadClosed:
			group = groupClosed
		case s.inHand(k):
			group = groupMine
		}
		out[group] = append(out[group], k)
	}
	return out
}

// listedThreads lists the conversations whose rows can be seen, from the top.
func (s *State) listedThreads() []id.Thread {
	var out []id.Thread
	for i, group := range s.grouped() {
		if s.chat.folded[i] {
			continue
		}
		for _, k := range group {
			out = append(out, k.Thread.ID)
		}
	}
	return out
}

// chatScreen draws the support page; nil for who does not answer.
func (s *State) chatScreen() *Chat {
	if !s.answersChats() {
		return nil
	}
	out := &Chat{Groups: s.chatGroups(), OnDuty: s.onDuty(), Side: s.side()}
	out.Duty = s.actButton(CommandDuty, WordChatOffDuty, "", s.chat.support.Started())
	if out.OnDuty {
		out.Duty.Label = s.text(WordChatOnDuty)
	}
	out.Duty.Busy = s.flights[slot{kind: CommandDuty}].busy()
	if k, ok := s.openCase(); ok {
		out.Open = s.conversationScreen(k)
	} else {
		out.Empty = s.text(WordChatEmpty)
	}
	out.Picker, out.Transfer, out.Viewer = s.pickerScreen(), s.transferScreen(), s.viewerScreen()
	return out
}

var (
	groupTitles  = [groupCount]Word{WordChatWaiting, WordChatMine, WordChatOthers, WordChatClosed}
	groupEmpties = [groupCount]Word{WordChatNoWaiting, WordChatNoMine, WordChatNoOthers, WordChatNoClosed}
)

func (s *State) chatGroups() []ChatGroup {
	online := s.chat.support.Audience().Threads
	var out []ChatGroup
	for i, list := range s.grouped() {
		g := ChatGroup{Title: s.text(groupTitles[i]), Count: fmt.Sprint(len(list)), Folded: s.chat.folded[i]}
		if !s.chat.support.Started() {
			g.Count, g.Empty = "", s.text(WordChatLoading)
		} else if len(list) == 0 {
			g.Empty = s.text(groupEmpties[i])
		}
		for _, k := range list {
			g.Rows = append(g.Rows, s.chatRow(k, slices.Contains(online, k.Thread.ID)))
		}
		out = append(out, g)
	}
	return out
}

func (s *State) chatRow(k wire.Case, online bool) ChatRow {
	t := k.Thread
	row := ChatRow{
		Thread: t.ID, Who: who(k.Member), Line: s.preview(k), When: s.chatWhen(t.LastAt),
		Tone: ToneSoft, Online: online, Chosen: t.ID == s.chat.open,
	}
	switch {
	case t.State == wire.ThreadWaiting:
		row.When, row.Tone = s.chatWaited(t)
	case t.State == wire.ThreadClosed:
		row.When = s.chatWhen(t.ClosedAt)
	}
	if t.AgentUnread > 0 && t.State != wire.ThreadClosed && !s.inView(t.ID) {
		row.Badge = fmt.Sprint(t.AgentUnread)
	}
	return row
}

// chatWaited says how long a driver has waited for an agent.
func (s *State) chatWaited(t wire.Thread) (string, Tone) {
	waited := s.hubNow().Sub(t.WaitingSince)
	tone := ToneWarn
	if waited >= longWait {
		tone = ToneBad
	}
	if waited < time.Minute {
		return s.text(WordChatWaitedNow), tone
	}
	return s.text(WordChatWaited, int(waited/time.Minute)), tone
}

// chatWhen prints the time of day for today, and the day for others.
func (s *State) chatWhen(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	local := t.In(s.zone)
	if s.day(t) == s.day(s.hubNow()) {
		return local.Format("15:04")
	}
	return local.Format("01-02")
}

// day is the station's day of a moment.
func (s *State) day(t time.Time) string { return t.In(s.zone).Format(time.DateOnly) }

// preview is the last message in one line.
func (s *State) preview(k wire.Case) string {
	p := k.Last
	if p == nil {
		return ""
	}
	line := strings.ReplaceAll(p.Text, "\n", " ")
	switch p.Kind {
	case wire.MessagePicture:
		line = s.text(WordChatPreviewPicture)
	case wire.MessageVoice:
		line = s.text(WordChatPreviewVoice)
	case wire.MessageTutorial:
		line = s.text(WordChatPreviewTutorial, line)
	case wire.MessageEvent:
		if line == "" {
			line = s.text(WordChatSaidOther)
		}
	}
	switch p.From {
	case wire.PartyAgent:
		if s.mine(k) {
			return s.text(WordChatMe, line)
		}
		return s.text(WordChatColleague, line)
	case wire.PartySystem:
		return s.text(WordChatSystem, line)
	}
	return line
}

// conversationScreen draws the open conversation.
func (s *State) conversationScreen(k wire.Case) *Conversation {
	t := k.Thread
	out := &Conversation{
		Thread: t.ID, Who: who(k.Member), Online: slices.Contains(s.chat.support.Audience().Threads, t.ID),
		Composer: s.composer(k), Rating: rating(t.Rating),
	}
	out.State, out.Tone = s.threadState(t, out.Online)
	if k.Note != "" && t.State != wire.ThreadClosed {
		out.Note = s.text(WordChatNote, k.Note)
	}
	waiting, closed, mine := t.State == wire.ThreadWaiting, t.State == wire.ThreadClosed, s.inHand(k)
	out.Take = s.actButton(CommandTake, WordChatTake, KeyF2, waiting)
	out.Transfer = s.actButton(CommandTransfer, WordChatTransfer, KeyF3, mine)
	out.Close = s.actButton(CommandClose, WordChatClose, KeyF4, mine)
	out.Reopen = s.actButton(CommandReopen, WordChatReopen, KeyF4, closed)
	out.Older = Button{Label: s.text(WordChatOlder), Hidden: true}
	s.said(out, k)
	return out
}

// said draws the messages: those of the conversation if it is the person's,
// else the one line that the list has.
func (s *State) said(out *Conversation, k wire.Case) {
	c := s.chat.current()
	switch {
	case c == nil && k.Last != nil:
		out.Bubbles = []Bubble{{
			Kind: wire.MessageText, Text: s.preview(k), When: s.chatWhen(k.Last.At),
			System: k.Last.From == wire.PartySystem, Mine: k.Last.From == wire.PartyAgent,
		}}
		return
	case c == nil:
		return
	case c.refused != nil:
		out.Stale = s.problemText(c.refused, WordUnknownProblem)
		return
	}
	out.Bubbles = s.bubbles(c)
	out.Older = Button{
		Label: s.text(WordChatOlder), Hint: c.problem, Hidden: c.atEnd || !c.mirror.Older(), On: !c.loading, Busy: c.loading,
	}
	switch {
	case !s.HubFresh():
		out.Stale = s.text(WordChatStale)
	case !c.mirror.Started():
		out.Stale = s.text(WordChatLoading)
	case c.mirror.Typing(wire.PartyDriver, s.hubNow()):
		out.Typing = s.text(WordChatTyping)
	}
	if s.HubFresh() && c.mirror.Started() {
		out.Online = out.Online || c.mirror.Presence().Driver
	}
}

// actButton is the button of a command about the open conversation, or about
// the person.
func (s *State) actButton(kind CommandKind, label Word, key Key, shown bool) Button {
	busy := s.flights[slot{kind: kind, thread: s.chat.open}].busy()
	return Button{Label: s.text(label), Hint: string(key), Hidden: !shown, Busy: busy, On: shown && !busy && s.HubFresh()}
}

func (s *State) threadState(t wire.Thread, online bool) (string, Tone) {
	switch t.State {
	case wire.ThreadWaiting:
		waited, tone := s.chatWaited(t)
		return s.text(WordChatStateWaiting) + " · " + waited, tone
	case wire.ThreadClosed:
		return s.text(WordChatStateClosed, s.chatWhen(t.ClosedAt)), ToneSoft
	}
	there, tone := s.text(WordChatAway), ToneSoft
	if online {
		there, tone = s.text(WordChatOnline), ToneGood
	}
	return s.text(WordChatStateActive, t.AgentName) + " · " + there, tone
}

// rating is what the driver thought: "★★★★☆ 很耐心".
func rating(r *wire.Rating) string {
	if r == nil {
		return ""
	}
	const most = 5
	stars := min(max(r.Stars, 0), most)
	return strings.TrimSpace(strings.Repeat("★", stars) + strings.Repeat("☆", most-stars) + " " + r.Note)
}

// composer draws where an answer is written.
func (s *State) composer(k wire.Case) Composer {
	on := s.composes()
	c := Composer{
		On: on, Draft: s.chat.shown, Revision: s.chat.revision, Hint: s.text(WordChatHint), Problem: s.chat.problem,
		Send:    Button{Label: s.text(WordChatSend), Hint: "Enter", On: on && s.chat.drafts[s.chat.open] != ""},
		Picture: Button{Label: s.text(WordChatPicture), Hint: string(KeyF6), On: on},
		Canned:  Button{Label: s.text(WordChatCanned), Hint: "/", On: on},
		Voice:   Button{Label: s.text(WordChatVoice), Hint: string(KeyF7), On: on},
		Discard: Button{Label: s.text(WordChatDiscard), Hint: "Esc", Hidden: true},
	}
	switch {
	case on:
	case k.Thread.State == wire.ThreadWaiting:
		c.Why = s.text(WordChatTakeToRead)
	case k.Thread.State == wire.ThreadClosed:
		c.Why = s.text(WordChatIsClosed)
	default:
		c.Why = s.text(WordChatNotYours, k.Thread.AgentName)
	}
	if r := s.chat.recording; r != nil {
		c.Recording = s.recordedSoFar(r)
		c.Voice.Label, c.Voice.Busy, c.Voice.On = s.text(WordChatStopVoice), r.finished, !r.finished
		c.Discard.Hidden, c.Discard.On = false, true
	}
	return c
}

// recordedSoFar is the length so far; the last ten seconds count down.
func (s *State) recordedSoFar(r *recording) string {
	const limit = wire.MaxVoiceMS / 1000
	seconds := min(int(s.now.Sub(r.since)/time.Second), limit)
	text := fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
	const countdown = 10
	if left := limit - seconds; left <= countdown {
		return s.text(WordChatLeft, text, left)
	}
	return text
}

func (s *State) pickerScreen() *CannedPicker {
	p := s.chat.picker
	if p == nil {
		return nil
	}
	out := &CannedPicker{Title: s.text(WordChatCannedTitle), Hint: s.text(WordChatCannedHint), Own: p.own, Search: p.search}
	for i, c := range s.found() {
		row := CannedRow{Canned: c.ID, Title: c.Title, Keys: c.Keys, Chosen: i == p.at}
		pictures := 0
		for _, part := range c.Parts {
			if part.Picture != nil {
				pictures++
			} else if row.Preview == "" {
				row.Preview = strings.ReplaceAll(part.Text, "\n", " ")
			}
		}
		if pictures > 0 {
			row.Pictures = s.text(WordChatPictures, pictures)
		}
		out.Rows = append(out.Rows, row)
	}
	switch {
	case len(out.Rows) > 0:
	case p.search == "":
		out.Empty = s.text(WordChatNoCanned)
	default:
		out.Empty = s.text(WordChatNoMatch)
	}
	return out
}

func (s *State) transferScreen() *TransferForm {
	if s.chat.transfer == nil {
		return nil
	}
	out := &TransferForm{
		Title: s.text(WordChatTransferTitle), NoteLabel: s.text(WordChatTransferNote),
		Back: Button{Label: s.text(WordChatToQueue), On: s.HubFresh()}, Cancel: Button{Label: s.text(WordCancel), Hint: "Esc", On: true},
	}
	for i, a := range s.colleagues() {
		row := AgentRow{
			Staff: a.Staff, Name: s.text(WordChatAgent, a.Number, a.Name), State: s.text(WordChatAgentAway),
			On: s.present(a.Staff) && s.HubFresh(), Chosen: i == s.chat.transfer.at,
		}
		switch {
		case s.present(a.Staff) && a.OnDuty:
			row.State = s.text(WordChatAgentOnline, a.Active)
		case s.present(a.Staff):
			row.State = s.text(WordChatAgentBusy, a.Active)
		}
		out.Agents = append(out.Agents, row)
	}
	if len(out.Agents) == 0 {
		out.Empty = s.text(WordChatNoAgents)
	}
	return out
}

func (s *State) viewerScreen() *Viewer {
	v := s.chat.viewer
	if v == nil {
		return nil
	}
	out := &Viewer{Media: v.media, Image: v.image, Text: v.problem, Close: Button{Label: s.text(WordChatViewerClose), Hint: "Esc", On: true}}
	if v.image == nil && v.problem == "" {
		out.Text = s.text(WordChatViewerLoading)
	}
	return out
}
