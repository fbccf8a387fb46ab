package till

import (
	"context"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

const (
	// messagePage is how many older messages are read at a time.
	messagePage = wire.MaxMessagePage
	// askPatience bounds one question about a conversation, readPatience one
	// read mark: the next one says the same and more.
	askPatience  = 15 * time.Second
	readPatience = 5 * time.Second
)

var _ Hub = (*link.Client)(nil)

// doChat carries out what the support page asks for.
func (t *Till) doChat(e desk.Effect) {
	switch e := e.(type) {
	case desk.Follow:
		t.join(e.Channel)
	case desk.Unfollow:
		t.withStream(func(s Stream) { s.Leave(e.Channel) })
	case desk.SayTyping:
		t.withStream(func(s Stream) { s.Typing(e.Thread) })
	case desk.MarkRead:
		t.markRead(e)
	case desk.FetchMessages:
		t.inSession(func(ctx context.Context) { t.fetchMessages(ctx, e) })
	case desk.FetchCard:
		t.inSession(func(ctx context.Context) { t.fetchCard(ctx, e) })
	case desk.FetchFee:
		t.inSession(func(ctx context.Context) { t.fetchFee(ctx, e) })
	case desk.FetchImage:
		t.fetchImage(e)
	case desk.StartRecording:
		t.startRecording(e)
	case desk.StopRecording:
		t.stopRecording(e)
	case desk.PlayVoice:
		t.playVoice(e)
	case desk.StopVoice:
		t.stopVoice()
	default:
		t.doOffice(e)
	}
}

// withStream hands over the live socket, if there is a session. It is not
// called under the lock: a write to the socket may wait.
func (t *Till) withStream(fn func(Stream)) {
	t.mu.Lock()
	var stream Stream
	if t.session != nil {
		stream = t.session.stream
	}
	t.mu.Unlock()
	if stream != nil {
		fn(stream)
	}
}

// join follows one more channel.
func (t *Till) join(ch wire.Channel) {
	t.withStream(func(s Stream) {
		if err := s.Join(ch); err != nil {
			t.Log.Error("channel not joined", "channel", string(ch), "error", err)
			t.Post(desk.ChannelRefused{Channel: ch, Problem: wire.NewProblem(wire.ProblemTooMany, err.Error())})
		}
	})
}

// markRead tells how far the person has read: one mark at a time for each
// conversation, and of those that wait only the last.
func (t *Till) markRead(e desk.MarkRead) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.session
	if s == nil {
		return
	}
	_, busy := s.reads[e.Thread]
	s.reads[e.Thread] = e.N
	if !busy {
		t.running.Go(func() { t.tellRead(s, e.Thread) })
	}
}

func (t *Till) tellRead(s *session, thread id.Thread) {
	for told := uint64(0); ; {
		t.mu.Lock()
		n := s.reads[thread]
		if n <= told || s.ctx.Err() != nil {
			delete(s.reads, thread)
			t.mu.Unlock()
			return
		}
		t.mu.Unlock()
		told = n
		ctx, cancel := context.WithTimeout(s.ctx, readPatience)
		_, err := t.Hub.ReadUpTo(ctx, thread, wire.ReadRequest{N: n})
		cancel()
		if err != nil && s.ctx.Err() == nil {
			t.Log.Info("read mark not told", "thread", thread, "error", err)
		}
	}
}

// asked asks the hub something for as long as askPatience and says what came.
// It is silent if the session has ended.
func asked[A any](ctx context.Context, t *Till, what string, ask func(context.Context) (A, error), tell func(A, *wire.Problem)) {
	asking, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	answer, err := ask(asking)
	if ctx.Err() != nil {
		return
	}
	problem := problemOf(err)
	if err != nil {
		t.Log.Info(what+" not read", "error", err)
		if problem == nil {
			problem = wire.NewProblem(wire.ProblemStorage, "no answer")
		}
	}
	tell(answer, problem)
}

func (t *Till) fetchMessages(ctx context.Context, e desk.FetchMessages) {
	asked(ctx, t, "messages", func(ctx context.Context) (wire.MessageList, error) {
		return t.Hub.Messages(ctx, e.Thread, e.Before, messagePage)
	}, func(list wire.MessageList, problem *wire.Problem) {
		t.Post(desk.ChatOlderLoaded{Thread: e.Thread, List: list, Problem: problem})
	})
}

func (t *Till) fetchCard(ctx context.Context, e desk.FetchCard) {
	asked(ctx, t, "member", func(ctx context.Context) (wire.MemberCard, error) {
		return t.Hub.MemberCard(ctx, e.Thread)
	}, func(card wire.MemberCard, problem *wire.Problem) {
		t.Post(desk.ChatCardLoaded{Thread: e.Thread, Card: card, Problem: problem})
	})
}

func (t *Till) fetchFee(ctx context.Context, e desk.FetchFee) {
	asked(ctx, t, "fee", func(ctx context.Context) (wire.Fee, error) {
		return t.Hub.Fee(ctx, e.Thread, e.Sale)
	}, func(fee wire.Fee, problem *wire.Problem) {
		t.Post(desk.ChatFeeLoaded{Sale: e.Sale, Fee: fee, Problem: problem})
	})
}
