package flow

import (
	"context"
	"errors"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Say adds a message to a conversation and answers it once it is committed.
// Its id is its key: saying it again answers the same message, another content
// under the same id is wire.ProblemKeyReused. A driver's word opens a
// conversation again that was closed a short while ago.
func (f *Flow) Say(ctx context.Context, who Speaker, t id.Thread, req wire.SendRequest) (wire.Message, error) {
	if err := cleanSend(who, &req); err != nil {
		return wire.Message{}, err
	}
	counted := false
	for try := 1; ; try++ {
		sc, err := f.scene(ctx, who, t)
		if err != nil {
			return wire.Message{}, err
		}
		if said, found, err := f.saidBefore(ctx, who, t, req); found || err != nil {
			return said, err
		}
		if !counted {
			if err := f.maySay(who); err != nil {
				return wire.Message{}, err
			}
			counted = true
		}
		m, err := f.say(ctx, who, sc, req)
		// A key that is taken: by this very message, sent twice at once, or by
		// a newer conversation of the member. The next look tells.
		if !mysql.IsDuplicate(err) || try == commandTries {
			return m, err
		}
	}
}

// cleanSend refuses a message that makes no sense, and trims its text.
func cleanSend(who Speaker, req *wire.SendRequest) error {
	text, media, canned := req.Text != "", !req.Media.IsZero(), !req.Canned.IsZero()
	ok := false
	switch req.Kind {
	case wire.MessageText:
		ok = text && !media && !canned
	case wire.MessagePicture, wire.MessageVoice:
		ok = media && !text && !canned
	case wire.MessageTutorial:
		ok = canned && !text && !media && who.Staff != nil
	case wire.MessageEvent: // the system's
	}
	if !ok || req.ID.IsZero() {
		return bad("message %s of kind %q", req.ID, req.Kind)
	}
	if !text {
		return nil
	}
	var err error
	req.Text, err = chat.CleanText(req.Text, wire.MaxTextRunes)
	return err
}

// saidBefore looks for a message under the same id.
func (f *Flow) saidBefore(ctx context.Context, who Speaker, t id.Thread, req wire.SendRequest) (wire.Message, bool, error) {
	m, err := f.chat.store.Find(ctx, f.DB, req.ID)
	if errors.Is(err, chat.ErrNone) {
		return wire.Message{}, false, nil
	}
	if err != nil {
		return wire.Message{}, false, err
	}
	if !m.Same(who.party(), who.staffID(), t, req) {
		return wire.Message{}, false, wire.NewProblem(wire.ProblemKeyReused, req.ID.String())
	}
	return m.Message, true, nil
}

// say writes a message that was not said before.
func (f *Flow) say(ctx context.Context, who Speaker, sc scene, req wire.SendRequest) (wire.Message, error) {
	if err := f.mayTalk(ctx, who, sc.thread); err != nil {
		return wire.Message{}, err
	}
	draft, err := f.draft(ctx, who, sc.thread, req)
	if err != nil {
		return wire.Message{}, err
	}
	var welcome chat.Message
	if sc.thread.State == wire.ThreadClosed {
		if welcome, err = f.welcome(ctx, sc.thread.Station); err != nil {
			return wire.Message{}, err
		}
	}
	var said wire.Message
	_, err = f.take(ctx, "saying something", sc, func(ctx context.Context, t *turn) error {
		if who.Staff != nil {
			if err := t.thread.MayAnswer(who.Staff.Staff); err != nil {
				return err
			}
		}
		reopened := t.thread.State == wire.ThreadClosed
		if reopened {
			if err := t.thread.Reopen(t.now); err != nil {
				return err
			}
			t.announce(wire.ChatReopened, "")
		}
		said = t.say(draft)
		if reopened && welcome.Event != "" {
			t.say(welcome)
		}
		return t.sent(ctx, who, draft)
	})
	return said, err
}

// mayTalk refuses early, before anything is judged, what the step would refuse
// under the lock.
func (f *Flow) mayTalk(ctx context.Context, who Speaker, t chat.Thread) error {
	if who.Staff != nil {
		return t.MayAnswer(who.Staff.Staff)
	}
	return f.mayReopen(ctx, t)
}

// mayReopen refuses to open a conversation again whose member has a newer open
// one with the station, or that was closed too long ago. One that is open may.
func (f *Flow) mayReopen(ctx context.Context, t chat.Thread) error {
	if t.State != wire.ThreadClosed {
		return nil
	}
	if err := t.Reopen(f.now()); err != nil {
		return err
	}
	newer, err := f.chat.store.OpenOf(ctx, f.DB, t.Station, t.Member)
	switch {
	case err == nil:
		return wire.NewProblem(wire.ProblemThreadClosed, "thread "+newer.ID.String()+" is open instead")
	case errors.Is(err, chat.ErrNone):
		return nil
	}
	return err
}

// draft makes the message: its text judged, its upload found to belong here,
// its tutorial written out as it stands now.
func (f *Flow) draft(ctx context.Context, who Speaker, t chat.Thread, req wire.SendRequest) (chat.Message, error) {
	m := chat.Message{Staff: who.staffID(), Canned: req.Canned, Message: wire.Message{
		ID: req.ID, From: who.party(), Kind: req.Kind, Text: req.Text,
	}}
	if who.Staff != nil {
		m.Agent = chat.AgentName(who.Staff.Number)
	}
	switch req.Kind {
	case wire.MessageText:
		return m, f.allowed(ctx, who, t, req.Text)
	case wire.MessagePicture, wire.MessageVoice:
		item, err := f.Media.Load(ctx, f.DB, req.Media)
		if err != nil {
			return m, err
		}
		if item.Owner.Thread != t.ID || string(item.Kind) != string(req.Kind) {
			return m, bad("upload %s is no %s of thread %s", req.Media, req.Kind, t.ID)
		}
		m.Media = &item.Media
	case wire.MessageTutorial:
		c, err := f.chat.store.Canned(ctx, f.DB, t.Station, req.Canned)
		if errors.Is(err, chat.ErrNone) {
			return m, wire.NewProblem(wire.ProblemNotFound, "canned reply "+req.Canned.String())
		}
		m.Text, m.Parts = c.Title, c.Parts
		return m, err
	case wire.MessageEvent: // refused before
	}
	return m, nil
}

// sent does what a message entails: its upload is used, and who is not there
// is sent a notice.
func (t *turn) sent(ctx context.Context, who Speaker, m chat.Message) error {
	if m.Media != nil {
		if err := t.f.Media.Use(ctx, t.tx, m.Media.ID); err != nil {
			return err
		}
	}
	if who.Staff == nil {
		return nil
	}
	return t.notify(ctx, wire.NoticeChatMessage)
}
