package till

import (
	"context"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// mailLives is how long a message is sent again: what an agent wrote yesterday
// answers nothing today, and the hub keeps an upload that no message carries
// for a day.
const mailLives = 24 * time.Hour

// post saves a message and puts it behind the others of its conversation. A
// message that could not be saved is not sent.
func (t *Till) post(c desk.Command) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.session
	if s == nil || c.Say == nil {
		return
	}
	if err := t.Store.SaveMessage(c); err != nil {
		t.Log.Error("message not saved, so not sent", "message", c.Say.ID, "error", err)
		t.Post(desk.GivenUp{Command: c})
		return
	}
	t.Post(desk.Sent{Command: c})
	t.enqueue(s, c)
}

// enqueue puts a message behind the others of its conversation; the caller
// holds the lock.
func (t *Till) enqueue(s *session, c desk.Command) {
	lane, busy := s.lanes[c.Thread]
	s.lanes[c.Thread] = append(lane, c)
	if !busy {
		t.running.Go(func() { t.drain(s, c.Thread) })
	}
}

// drain delivers the messages of one conversation, one after another.
func (t *Till) drain(s *session, thread id.Thread) {
	for c, ok := t.head(s, thread); ok; c, ok = t.head(s, thread) {
		if !t.deliver(s.ctx, c) {
			return // signed out or closed: what is saved stays saved
		}
		t.mu.Lock()
		s.lanes[thread] = s.lanes[thread][1:]
		t.mu.Unlock()
	}
}

// head is the next message of a conversation; with none left the lane is closed.
func (t *Till) head(s *session, thread id.Thread) (desk.Command, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if lane := s.lanes[thread]; len(lane) > 0 {
		return lane[0], true
	}
	delete(s.lanes, thread)
	return desk.Command{}, false
}

// deliver sends a message until its end is known; false if ctx ended first.
func (t *Till) deliver(ctx context.Context, c desk.Command) bool {
	for try := 0; ctx.Err() == nil; try++ {
		if t.Now().Sub(c.At) > mailLives {
			t.forgetMessage(c)
			t.Post(desk.GivenUp{Command: c})
			return true
		}
		slow := time.AfterFunc(unknownAfter, func() { t.Post(desk.Unknown{Command: c}) })
		said, err := t.attemptMessage(ctx, &c)
		slow.Stop()
		if over, known := t.messageEnd(ctx, c, said, err); known {
			return over
		}
		t.rest(ctx, try)
	}
	return false
}

// messageEnd takes what a try came to: known is false if it is to be tried
// again, over is false if the session is.
func (t *Till) messageEnd(ctx context.Context, c desk.Command, said wire.Message, err error) (over, known bool) {
	problem := problemOf(err)
	switch {
	case err == nil:
		t.forgetMessage(c)
		t.Post(desk.Answered{Command: c, Message: &said})
		return true, true
	case ctx.Err() != nil:
		return false, true
	case problem != nil && problem.Type == wire.ProblemUnauthorized:
		t.Post(desk.Unknown{Command: c})
		t.Post(desk.SessionEnded{})
		return false, true
	case problem != nil && !problem.Retry:
		if problem.Type == wire.ProblemMediaGone && c.Upload != nil {
			c.Say = again(*c.Say) // sent once more, it is uploaded once more
		}
		t.forgetMessage(c)
		t.Post(desk.Refused{Command: c, Problem: problem})
		return true, true
	}
	t.Log.Info("no answer to a message; sending it again", "message", c.Say.ID, "error", err)
	t.Post(desk.Unknown{Command: c})
	return false, false
}

// again is a message without what the hub has lost.
func again(say wire.SendRequest) *wire.SendRequest {
	say.Media = id.Media{}
	return &say
}

// attemptMessage uploads what a message carries, if that has not been done,
// and sends it.
func (t *Till) attemptMessage(ctx context.Context, c *desk.Command) (wire.Message, error) {
	if c.Upload != nil && c.Say.Media.IsZero() {
		media, err := t.Hub.Upload(ctx, c.Thread, c.Upload.Name, c.Upload.Data)
		if err != nil {
			return wire.Message{}, err
		}
		say := *c.Say
		say.Media, c.Say = media.ID, &say
		if err := t.Store.SaveMessage(*c); err != nil {
			// After a crash it is uploaded again; the first upload is swept up.
			t.Log.Error("upload not noted", "message", say.ID, "error", err)
		}
		t.Post(desk.ChatUploaded{Message: say.ID, Media: media})
	}
	return t.Hub.Say(ctx, c.Thread, *c.Say)
}

func (t *Till) forgetMessage(c desk.Command) {
	if err := t.Store.ForgetMessage(c.Say.ID); err != nil {
		// It will be sent again after the next login; its id makes that harmless.
		t.Log.Error("message not forgotten", "message", c.Say.ID, "error", err)
	}
}

// resumeMail sends the messages that an earlier run, or an earlier session, of
// the same person did not see delivered. Somebody else's wait for them until
// they are too old. The caller holds the lock.
func (t *Till) resumeMail(s *session, opened wire.Session) {
	if !answers(opened.Role) {
		return
	}
	saved, err := t.Store.Messages()
	if err != nil {
		t.Log.Error("saved messages not read", "error", err)
	}
	for _, c := range saved {
		if c.Staff == opened.Number {
			t.Log.Info("sending a saved message again", "message", c.Say.ID)
			t.Post(desk.Sent{Command: c})
			t.Post(desk.Unknown{Command: c})
			t.enqueue(s, c)
		} else if t.Now().Sub(c.At) > mailLives {
			t.forgetMessage(c)
		}
	}
}
