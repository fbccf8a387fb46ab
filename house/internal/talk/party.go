package talk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/mirror"
	"forecourt/shared/wire"
)

// retryPause is how long a party waits before it sends a message again.
const retryPause = 100 * time.Millisecond

// voice is what both kinds of clients can do in a conversation.
type voice interface {
	Say(ctx context.Context, t id.Thread, say wire.SendRequest) (wire.Message, error)
	Upload(ctx context.Context, t id.Thread, name string, content []byte) (wire.Media, error)
	Messages(ctx context.Context, t id.Thread, before uint64, limit int) (wire.MessageList, error)
	MediaLink(ctx context.Context, m id.Media) (wire.MediaLink, error)
	Fetch(ctx context.Context, url string, limit int64) ([]byte, error)
}

// Party is one side of a conversation: it folds the live channel as a screen
// does and keeps the rule of every sender: a message's id is made first and
// sent again unchanged until it is answered.
type Party struct {
	name string
	voice
	ids *id.Maker

	mu      sync.Mutex
	chat    *mirror.Chat
	seen    map[id.Message]time.Time // when each message came live
	times   map[id.Message]int       // how often, by the channel's own numbers
	other   []wire.Frame             // of other channels
	backs   []time.Time              // when the link was welcomed
	failure error
}

func newParty(name string, v voice, ids *id.Maker) *Party {
	return &Party{
		name: name, voice: v, ids: ids, chat: mirror.NewChat(),
		seen: map[id.Message]time.Time{}, times: map[id.Message]int{},
	}
}

// Connected is called by the link.
func (p *Party) Connected(wire.Welcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.backs = append(p.backs, time.Now())
}

// Lost is called by the link.
func (p *Party) Lost(error) {}

// Frame folds one frame.
func (p *Party) Frame(f wire.Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if family, _ := f.Ch.Split(); family != "chat" {
		p.other = append(p.other, f)
		return
	}
	if f.K == wire.KindMessage {
		if m, err := wire.Read[wire.Message](f.D); err == nil {
			p.times[m.ID]++
			if p.seen[m.ID].IsZero() {
				p.seen[m.ID] = time.Now()
			}
		}
	}
	if _, err := p.chat.Apply(f); err != nil {
		p.failure = errors.Join(p.failure, fmt.Errorf("%s: folding %s %d: %w", p.name, f.K, f.Seq, err))
	}
}

// messages copies what this side's screen would show.
func (p *Party) messages() []wire.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.chat.Messages()
}

// sawAt is when a message came live; zero if it came in a snapshot or not yet.
func (p *Party) sawAt(m id.Message) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[m]
}

// welcomedAfter is when the link was first welcomed after a moment.
func (p *Party) welcomedAfter(moment time.Time) (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.backs {
		if t.After(moment) {
			return t, true
		}
	}
	return time.Time{}, false
}

// wrong is what should not have happened on this side.
func (p *Party) wrong() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.failure
	for m, n := range p.times {
		if n > 1 {
			err = errors.Join(err, fmt.Errorf("%s: message %s came %d times", p.name, m, n))
		}
	}
	return err
}

// send says something until it is answered, whatever happens on the way.
func (p *Party) send(ctx context.Context, t id.Thread, say wire.SendRequest) (wire.Message, error) {
	say.ID = id.New[id.Message](p.ids)
	return again(ctx, func() (wire.Message, error) { return p.Say(ctx, t, say) })
}

// sendMedia uploads content and says it.
func (p *Party) sendMedia(ctx context.Context, t id.Thread, kind wire.MessageKind, name string, content []byte) (wire.Message, error) {
	media, err := again(ctx, func() (wire.Media, error) { return p.Upload(ctx, t, name, content) })
	if err != nil {
		return wire.Message{}, fmt.Errorf("uploading: %w", err)
	}
	return p.send(ctx, t, wire.SendRequest{Kind: kind, Media: media.ID})
}

// again tries until there is an answer that no further try would change.
func again[T any](ctx context.Context, try func() (T, error)) (T, error) {
	for {
		got, err := try()
		var problem *wire.Problem
		if err == nil || errors.As(err, &problem) && !problem.Retry {
			return got, err
		}
		select {
		case <-ctx.Done():
			return got, fmt.Errorf("%w; last: %w", ctx.Err(), err)
		case <-time.After(retryPause):
		}
	}
}

// follow follows channels until ctx ends.
func follow(ctx context.Context, live *link.Live) error {
	if err := live.Run(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("following the hub: %w", err)
	}
	return nil
}
