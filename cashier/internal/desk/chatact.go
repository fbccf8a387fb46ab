package desk

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// chatEvent takes what happens on the support page.
func (s *State) chatEvent(e Event) []Effect {
	if !s.answersChats() {
		return nil
	}
	switch e := e.(type) {
	case ChatChoose:
		return s.openChat(e.Thread)
	case ChatFold:
		if e.Group >= 0 && e.Group < groupCount {
			s.chat.folded[e.Group] = !s.chat.folded[e.Group]
		}
	case ChatDraft:
		return s.draft(e.Text)
	case ChatType:
		return s.typeDraft(e.Text)
	case ChatSend:
		return s.chatSend(e.Text)
	case ChatAttach:
		return s.attach(e)
	case ChatAskPicture:
		return s.askPicture()
	case ChatPick:
		return s.pick(e.Canned)
	case ChatRetry:
		return s.retry(e.Message)
	case ChatRecord:
		return s.toggleRecording()
	case ChatDiscard:
		return s.discard()
	case ChatPlay:
		return s.playVoice(e.Media)
	case ChatView:
		return s.view(e.Media)
	case ChatOlder:
		return s.older()
	default:
		return s.chatEventMore(e)
	}
	return nil
}

func (s *State) chatEventMore(e Event) []Effect {
	switch e := e.(type) {
	case ChatOpenCanned:
		s.togglePicker()
	case ChatSearch:
		s.search(e.Text)
	case ChatTake:
		return s.takeChat()
	case ChatClose, ChatReopen:
		return s.closeOrReopen()
	case ChatOpenTransfer:
		s.toggleTransfer()
	case ChatTransfer:
		return s.give(e)
	case ChatDuty:
		return s.switchDuty()
	case ChatOrder:
		return s.explain(e.Sale)
	case ChatCardAgain:
		return s.cardAgain()
	default:
		return s.chatAnswer(e)
	}
	return nil
}

// chatAnswer takes what the outside answers.
func (s *State) chatAnswer(e Event) []Effect {
	switch e := e.(type) {
	case ChatOlderLoaded:
		return s.olderLoaded(e)
	case ChatCardLoaded:
		s.cardLoaded(e)
	case ChatFeeLoaded:
		s.feeLoaded(e)
	case ChatImageLoaded:
		s.imageLoaded(e)
	case ChatUploaded:
		s.uploaded(e)
	case ChatRecorded:
		return s.recorded(e)
	case ChatPlaying:
		s.playing(e)
	case ChatPlayed:
		s.played(e)
	case ChannelRefused:
		return s.channelRefused(e)
	}
	return nil
}

// chatPress is where keys have their meaning on the support page. Digits are
// writing here, never a pump.
func (s *State) chatPress(p Press) []Effect {
	switch p.Key {
	case KeyEscape:
		return s.chatBack()
	case KeyF2:
		return s.takeChat()
	case KeyF3:
		s.toggleTransfer()
	case KeyF4:
		return s.closeOrReopen()
	case KeyF5:
		return s.openLongest()
	case KeyF6:
		return s.askPicture()
	case KeyF7:
		return s.toggleRecording()
	case KeyEnter:
		return s.chatEnter()
	case KeyUp:
		return s.chatStep(-1, p.Alt)
	case KeyDown:
		return s.chatStep(+1, p.Alt)
	case KeyBack:
		return s.shortenDraft()
	}
	if n, ok := strings.CutPrefix(string(p.Key), nthPrefix); ok {
		return s.openNth(n)
	}
	if len(p.Key) == 1 {
		return s.typeDraft(string(p.Key))
	}
	return nil
}

// shortenDraft takes the last character away.
func (s *State) shortenDraft() []Effect {
	text := s.chat.drafts[s.chat.open]
	if text == "" {
		return nil
	}
	_, size := utf8.DecodeLastRuneInString(text)
	out := s.draft(text[:len(text)-size])
	s.showDraft(text[:len(text)-size])
	return out
}

// chatBack closes what is open, one thing at a time.
func (s *State) chatBack() []Effect {
	c := s.chat
	switch {
	case c.viewer != nil:
		c.viewer = nil
	case c.picker != nil:
		s.closePicker()
	case c.transfer != nil:
		c.transfer = nil
	case c.recording != nil:
		return s.discard()
	default:
		c.open, c.order, c.problem = id.Thread{}, id.Sale{}, ""
		s.showDraft("")
	}
	return nil
}

// chatEnter goes one step on: what is chosen is taken, what is written is sent.
func (s *State) chatEnter() []Effect {
	switch {
	case s.chat.viewer != nil:
		s.chat.viewer = nil
		return nil
	case s.chat.picker != nil:
		return s.pickChosen()
	case s.chat.transfer != nil:
		return s.giveChosen()
	}
	return s.chatSend(s.chat.drafts[s.chat.open])
}

// chatStep moves the choice: in what is open over the page, else from one
// conversation to the next, if nothing is being written or Alt says so.
func (s *State) chatStep(by int, alt bool) []Effect {
	switch {
	case s.chat.viewer != nil:
	case s.chat.picker != nil:
		s.chat.picker.at = min(max(s.chat.picker.at+by, 0), max(0, len(s.found())-1))
	case s.chat.transfer != nil:
		s.chat.transfer.at = min(max(s.chat.transfer.at+by, 0), max(0, len(s.colleagues())-1))
	case alt || s.chat.drafts[s.chat.open] == "":
		return s.openNext(by)
	}
	return nil
}

// openNext opens the conversation above or below in the lists.
func (s *State) openNext(by int) []Effect {
	rows := s.listedThreads()
	if len(rows) == 0 {
		return nil
	}
	at := slices.Index(rows, s.chat.open)
	switch {
	case at < 0 && by < 0:
		at = len(rows) - 1
	case at < 0:
		at = 0
	default:
		at = min(max(at+by, 0), len(rows)-1)
	}
	return s.openChat(rows[at])
}

func (s *State) openNth(n string) []Effect {
	rows := s.listedThreads()
	if i, err := strconv.Atoi(n); err == nil && i >= 1 && i <= len(rows) {
		return s.openChat(rows[i-1])
	}
	return nil
}

// openLongest opens the conversation that has waited longest.
func (s *State) openLongest() []Effect {
	if waiting := s.chat.support.Waiting(); len(waiting) > 0 {
		return s.openChat(waiting[0].Thread.ID)
	}
	s.say(TonePlain, s.text(WordChatNoWaiting))
	return nil
}

// act sends a command about the open conversation.
func (s *State) act(c Command) []Effect {
	if !s.HubFresh() {
		s.say(ToneWarn, s.text(WordNoConnection))
		return nil
	}
	return s.send(c)
}

func (s *State) takeChat() []Effect {
	k, ok := s.openCase()
	if !ok || k.Thread.State != wire.ThreadWaiting {
		return nil
	}
	return s.act(Command{Kind: CommandTake, Thread: k.Thread.ID})
}

// closeOrReopen is one key for both: a conversation is either open or closed.
func (s *State) closeOrReopen() []Effect {
	k, ok := s.openCase()
	switch {
	case !ok:
		return nil
	case k.Thread.State == wire.ThreadClosed:
		return s.act(Command{Kind: CommandReopen, Thread: k.Thread.ID})
	case s.inHand(k):
		return append(s.leaveChat(), s.act(Command{Kind: CommandClose, Thread: k.Thread.ID})...)
	}
	return nil
}

// switchDuty takes conversations from now on, or takes none.
func (s *State) switchDuty() []Effect {
	return s.act(Command{Kind: CommandDuty, Duty: &wire.DutyRequest{OnDuty: !s.onDuty()}})
}

func (s *State) onDuty() bool {
	for _, a := range s.chat.support.Agents() {
		if a.Staff == s.session.Staff {
			return a.OnDuty
		}
	}
	return false
}

func (s *State) askPicture() []Effect {
	if !s.composes() {
		return nil
	}
	return []Effect{PickPicture{}}
}

// older asks for the messages before those held.
func (s *State) older() []Effect {
	c := s.chat.current()
	if c == nil || c.loading || c.atEnd || !c.mirror.Older() {
		return nil
	}
	c.loading, c.problem = true, ""
	return []Effect{FetchMessages{Thread: c.thread, Before: c.mirror.First()}}
}

func (s *State) olderLoaded(e ChatOlderLoaded) []Effect {
	c := s.chat.find(e.Thread)
	if c == nil {
		return nil
	}
	c.loading = false
	if e.Problem != nil || e.List.Messages == nil {
		c.problem = s.problemText(e.Problem, WordNoAnswer)
		return nil
	}
	c.atEnd = c.mirror.Prepend(e.List.Messages) == 0
	return append(s.arrivedLetters(c), s.fetchThumbs(c)...)
}
