package talk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// offline lets the agent write while a second driver's phone is away: the
// message is kept, the driver is told by the notifier, and finds it on coming
// back.
func (t *talk) offline(ctx context.Context) error {
	away, err := t.House.Driver(ctx, "13800010002")
	if err != nil {
		return err
	}
	thread, err := away.OpenThread(ctx, wire.OpenThread{Station: t.stationOf()})
	if err != nil {
		return fmt.Errorf("opening a second conversation: %w", err)
	}
	if thread.State == wire.ThreadWaiting {
		if _, err := t.till.Take(ctx, id.New[id.Command](t.House.IDs()), thread.ID); err != nil {
			return fmt.Errorf("taking a second conversation: %w", err)
		}
	}
	told, err := t.House.Told("13800010002")
	if err != nil {
		return err
	}
	sent, err := t.agent.send(ctx, thread.ID, wire.SendRequest{Kind: wire.MessageText, Text: "您的问题已处理"})
	if err != nil {
		return err
	}
	err = t.await(ctx, "the notice to an offline driver", func() bool {
		now, err := t.House.Told("13800010002")
		t.report.Notices = len(now) - len(told)
		return err == nil && t.report.Notices > 0
	})
	if err != nil {
		return err
	}
	return t.comesBack(ctx, away, thread.ID, sent)
}

// comesBack has the driver open the page: the message is there.
func (t *talk) comesBack(ctx context.Context, phone *link.Driver, thread id.Thread, sent wire.Message) error {
	p := newParty("driver who was away", phone, t.House.IDs())
	ctx, hangUp := context.WithTimeout(ctx, 20*time.Second)
	defer hangUp()
	var group errgroup.Group
	live := phone.Live(link.LiveOptions{Channels: []wire.Channel{wire.Chat(thread)}, Handler: p})
	group.Go(func() error { return follow(ctx, live) })
	err := t.await(ctx, "what was kept for the driver", func() bool {
		shown := p.messages()
		return len(shown) > 0 && shown[len(shown)-1].ID == sent.ID
	})
	hangUp()
	return errors.Join(err, group.Wait(), p.wrong())
}

// stationOf is where the conversation is.
func (t *talk) stationOf() id.Station {
	t.agent.mu.Lock()
	defer t.agent.mu.Unlock()
	return t.agent.chat.Thread().Station
}

// finish reads, closes and rates the conversation.
func (t *talk) finish(ctx context.Context) error {
	last := t.driver.messages()
	if _, err := t.phone.ReadUpTo(ctx, t.thread, wire.ReadRequest{N: last[len(last)-1].N}); err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	if _, err := t.till.CloseThread(ctx, id.New[id.Command](t.House.IDs()), t.thread); err != nil {
		return fmt.Errorf("closing the conversation: %w", err)
	}
	rated, err := t.phone.Rate(ctx, t.thread, wire.RatingRequest{Stars: 5, Note: "很耐心"})
	if err != nil {
		return fmt.Errorf("rating the conversation: %w", err)
	}
	t.report.Thread = rated
	return nil
}
