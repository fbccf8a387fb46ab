// Package talk lets a driver and a support agent talk through a running hub:
// text, pictures and voice in both directions, while the hub is killed and
// started again. It then counts: every message that was acknowledged is there
// once, in the same order for the hub and on both screens.
package talk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"forecourt/house/internal/house"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// Options say how they talk.
type Options struct {
	House *house.House
	// Each is how many messages each side sends.
	Each int
	// Kills is how often the hub is killed meanwhile.
	Kills int
	// Progress is told what happens; nil for silence.
	Progress io.Writer
}

// Report is what was counted.
type Report struct {
	// Sent and Stored count messages of people; Texts, Pictures and Voices part Sent.
	Sent, Stored            int
	Texts, Pictures, Voices int
	// Kills counts how often the hub was killed.
	Kills int
	// Delivery holds, for messages said while the other side was connected,
	// the time from saying to showing, in ascending order.
	Delivery []time.Duration
	// Back holds, for each kill and side, the time from the hub's first sign
	// of life to the live link, in ascending order.
	Back []time.Duration
	// Notices counts what the offline driver was told, Tutorials the tutorials
	// that arrived whole.
	Notices, Tutorials int
	// Thread is the conversation, closed and rated at the end.
	Thread wire.Thread
}

// patience bounds the whole talk.
const patience = 3 * time.Minute

// Run lets them talk.
func Run(ctx context.Context, o Options) (Report, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	t := &talk{Options: o}
	if err := t.meet(ctx); err != nil {
		return t.report, fmt.Errorf("bringing driver and agent together: %w", err)
	}
	following, hangUp := context.WithCancel(ctx)
	defer hangUp()
	var links errgroup.Group
	links.Go(func() error { return follow(following, t.driverLink) })
	links.Go(func() error { return follow(following, t.agentLink) })
	err := t.converse(ctx)
	if err == nil {
		err = t.settle(ctx)
	}
	hangUp()
	slices.Sort(t.report.Delivery)
	slices.Sort(t.report.Back)
	return t.report, errors.Join(err, links.Wait())
}

// talk is one conversation on its way.
type talk struct {
	Options
	report Report

	phone                 *link.Driver
	till                  *link.Client
	driver, agent         *Party
	driverLink, agentLink *link.Live
	thread                id.Thread
	killed                []time.Time // when the hub was well again after each kill
	sent                  [2][]id.Message
	saidAt                map[id.Message]time.Time
}

func (t *talk) tell(format string, args ...any) {
	if t.Progress != nil {
		_, _ = fmt.Fprintf(t.Progress, format+"\n", args...)
	}
}

// Phone is the driver's number.
const Phone = "13800010001"

// meet signs both in, opens the conversation and has the agent take it.
func (t *talk) meet(ctx context.Context) error {
	h := t.House
	agent, session, err := h.TillAs(ctx, "agent", house.Agent)
	if err != nil {
		return err
	}
	t.till = agent
	t.agent = newParty("agent", agent, h.IDs())
	if t.phone, err = h.Driver(ctx, Phone); err != nil {
		return err
	}
	t.driver = newParty("driver", t.phone, h.IDs())
	thread, err := t.phone.OpenThread(ctx, wire.OpenThread{Station: session.Station})
	if err != nil {
		return fmt.Errorf("opening the conversation: %w", err)
	}
	t.thread = thread.ID
	if thread.State == wire.ThreadWaiting {
		if _, err := agent.Take(ctx, id.New[id.Command](h.IDs()), t.thread); err != nil {
			return fmt.Errorf("taking the conversation: %w", err)
		}
	}
	me, err := t.phone.Me(ctx)
	if err != nil {
		return err
	}
	t.driverLink = t.phone.Live(link.LiveOptions{
		Channels: []wire.Channel{wire.DriverOf(me.ID), wire.PublicStation(session.Station), wire.Chat(t.thread)}, Handler: t.driver,
	})
	t.agentLink = agent.Live(link.LiveOptions{
		Channels: []wire.Channel{wire.Support(session.Station), wire.Desk(session.Station), wire.Chat(t.thread)}, Handler: t.agent,
	})
	t.saidAt = map[id.Message]time.Time{}
	return nil
}

// converse has both sides talk at once, while the hub is killed.
func (t *talk) converse(ctx context.Context) error {
	if err := t.await(ctx, "both to be connected", t.bothWelcomed(time.Time{})); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	progress := make(chan int, 2*t.Each)
	for side, p := range []*Party{t.driver, t.agent} {
		group.Go(func() error { return t.speak(ctx, side, p, progress) })
	}
	group.Go(func() error { return t.kill(ctx, progress) })
	if err := group.Wait(); err != nil {
		return err
	}
	return t.measure()
}

// speak sends a side's messages, every third of them a picture or a recording.
func (t *talk) speak(ctx context.Context, side int, p *Party, progress chan<- int) error {
	for n := range t.Each {
		sent, err := t.sayOne(ctx, p, n)
		if err != nil {
			return fmt.Errorf("%s saying message %d: %w", p.name, n, err)
		}
		t.sent[side] = append(t.sent[side], sent.ID)
		progress <- n
	}
	return nil
}

func (t *talk) sayOne(ctx context.Context, p *Party, n int) (wire.Message, error) {
	switch n % 5 {
	case 1:
		picture, err := Picture(n)
		if err != nil {
			return wire.Message{}, err
		}
		return p.sendMedia(ctx, t.thread, wire.MessagePicture, "p.jpg", picture)
	case 3:
		return p.sendMedia(ctx, t.thread, wire.MessageVoice, "v.wav", Voice(n, 1500*time.Millisecond))
	}
	return p.send(ctx, t.thread, wire.SendRequest{Kind: wire.MessageText, Text: fmt.Sprintf("%s 的第 %d 句话", p.name, n+1)})
}

// kill kills the hub when a share of the messages has been said, and starts it
// again at once.
func (t *talk) kill(ctx context.Context, progress <-chan int) error {
	said := 0
	for k := range t.Kills {
		for said < (k+1)*2*t.Each/(t.Kills+1) {
			select {
			case <-progress:
				said++
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		t.House.Hub.Kill()
		if err := t.House.Hub.Start(); err != nil {
			return fmt.Errorf("starting the hub again: %w", err)
		}
		if err := t.House.AwaitHub(ctx); err != nil {
			return err
		}
		t.killed = append(t.killed, time.Now())
		t.report.Kills++
		t.tell("hub killed and started again in the middle of a conversation")
		if err := t.await(ctx, "both to be live again", t.bothWelcomed(t.killed[k].Add(-time.Second))); err != nil {
			return err
		}
	}
	return nil
}

// bothWelcomed reports whether both sides were welcomed after a moment.
func (t *talk) bothWelcomed(moment time.Time) func() bool {
	return func() bool {
		_, driver := t.driver.welcomedAfter(moment)
		_, agent := t.agent.welcomedAfter(moment)
		return driver && agent
	}
}

// measure times a quiet exchange after the storm: from saying to showing on
// the other side; and how long the links took to come back.
func (t *talk) measure() error {
	for _, well := range t.killed {
		for _, p := range []*Party{t.driver, t.agent} {
			if back, ok := p.welcomedAfter(well.Add(-time.Second)); ok {
				t.report.Back = append(t.report.Back, max(0, back.Sub(well)))
			}
		}
	}
	return nil
}

const quietExchanges = 10

// settle measures delivery, checks both screens against the hub, the files
// against what was sent, and closes the conversation.
func (t *talk) settle(ctx context.Context) error {
	for n := range quietExchanges {
		for side, p := range []*Party{t.driver, t.agent} {
			if err := t.exchange(ctx, side, p, n); err != nil {
				return err
			}
		}
	}
	steps := []func(context.Context) error{t.compare, t.fetch, t.tutorial, t.offline, t.finish}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return errors.Join(t.driver.wrong(), t.agent.wrong())
}

// exchange times one message from one side to the other's screen.
func (t *talk) exchange(ctx context.Context, side int, p *Party, n int) error {
	other := []*Party{t.agent, t.driver}[side]
	began := time.Now()
	sent, err := p.send(ctx, t.thread, wire.SendRequest{Kind: wire.MessageText, Text: fmt.Sprintf("计时 %d", n)})
	if err != nil {
		return err
	}
	t.sent[side] = append(t.sent[side], sent.ID)
	err = t.await(ctx, "a message to be shown", func() bool { return !other.sawAt(sent.ID).IsZero() })
	t.report.Delivery = append(t.report.Delivery, other.sawAt(sent.ID).Sub(began))
	return err
}

// await asks again and again, for what other processes do in their own time.
func (t *talk) await(ctx context.Context, what string, ok func() bool) error {
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		}
	}
	return nil
}

// stored reads the whole conversation back from the hub, page by page.
func (t *talk) stored(ctx context.Context, p *Party) ([]wire.Message, error) {
	var all []wire.Message
	before := uint64(0)
	for {
		page, err := p.Messages(ctx, t.thread, before, wire.MaxMessagePage)
		if err != nil {
			return nil, fmt.Errorf("reading the conversation back: %w", err)
		}
		all = append(slices.Clone(page.Messages), all...)
		if !page.More || len(page.Messages) == 0 {
			return all, nil
		}
		before = page.Messages[0].N
	}
}

// compare holds what the hub stored against what was acknowledged and against
// what both screens show.
func (t *talk) compare(ctx context.Context) error {
	all, err := t.stored(ctx, t.driver)
	if err != nil {
		return err
	}
	found := map[id.Message]int{}
	for i, m := range all {
		if m.N != uint64(i+1) {
			return fmt.Errorf("message %d of the conversation is number %d", i+1, m.N)
		}
		found[m.ID]++
		switch {
		case m.From == wire.PartySystem:
		case m.Kind == wire.MessageText:
			t.report.Texts++
		case m.Kind == wire.MessagePicture:
			t.report.Pictures++
		case m.Kind == wire.MessageVoice:
			t.report.Voices++
		}
		if m.From != wire.PartySystem {
			t.report.Stored++
		}
	}
	for side := range t.sent {
		last := uint64(0)
		for _, m := range t.sent[side] {
			t.report.Sent++
			at := slices.IndexFunc(all, func(s wire.Message) bool { return s.ID == m })
			if found[m] != 1 || all[at].N <= last {
				return fmt.Errorf("message %s is stored %d times, or out of order", m, found[m])
			}
			last = all[at].N
		}
	}
	return t.onScreens(ctx, all)
}

// onScreens waits until both screens end as the hub's store does, and holds
// the rest of them against it.
func (t *talk) onScreens(ctx context.Context, all []wire.Message) error {
	for _, p := range []*Party{t.driver, t.agent} {
		last := all[len(all)-1].ID
		err := t.await(ctx, p.name+"'s screen to be complete", func() bool {
			shown := p.messages()
			return len(shown) > 0 && shown[len(shown)-1].ID == last
		})
		if err != nil {
			return err
		}
		shown := p.messages()
		for i, m := range all[len(all)-len(shown):] {
			if shown[i].ID != m.ID || shown[i].N != m.N {
				return fmt.Errorf("%s's screen shows message %d where number %d belongs", p.name, shown[i].N, m.N)
			}
		}
	}
	return nil
}

// fetch opens one picture and one recording of each side from the other.
func (t *talk) fetch(ctx context.Context) error {
	all, err := t.stored(ctx, t.agent)
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.Media == nil {
			continue
		}
		p := t.driver
		if m.From == wire.PartyDriver {
			p = t.agent
		}
		link, err := p.MediaLink(ctx, m.Media.ID)
		if err != nil {
			return fmt.Errorf("asking for a link: %w", err)
		}
		content, err := p.Fetch(ctx, link.URL, wire.MaxPictureBytes)
		if err != nil || len(content) != m.Media.Bytes {
			return fmt.Errorf("fetching %s: %d bytes of %d: %w", m.Kind, len(content), m.Media.Bytes, err)
		}
		if m.Media.Kind == wire.MediaVoice && !bytes.HasPrefix(content, []byte("RIFF")) {
			return errors.New("a recording came back as something else")
		}
	}
	return nil
}

// tutorial sends the first reply with pictures that is kept ready.
func (t *talk) tutorial(ctx context.Context) error {
	replies, err := t.till.Canned(ctx)
	if err != nil {
		return fmt.Errorf("listing the replies kept ready: %w", err)
	}
	at := slices.IndexFunc(replies.Canned, func(c wire.Canned) bool { _, plain := c.Plain(); return !plain })
	if at < 0 {
		return errors.New("no tutorial is kept ready")
	}
	sent, err := t.agent.send(ctx, t.thread, wire.SendRequest{Kind: wire.MessageTutorial, Canned: replies.Canned[at].ID})
	if err != nil {
		return fmt.Errorf("sending a tutorial: %w", err)
	}
	if err := t.await(ctx, "the tutorial", func() bool { return !t.driver.sawAt(sent.ID).IsZero() }); err != nil {
		return err
	}
	for _, part := range sent.Parts {
		if part.Picture == nil {
			continue
		}
		link, err := t.driver.MediaLink(ctx, part.Picture.ID)
		if err != nil {
			return fmt.Errorf("asking for a tutorial's picture: %w", err)
		}
		if _, err := t.driver.Fetch(ctx, link.Thumb, wire.MaxPictureBytes); err != nil {
			return fmt.Errorf("fetching a tutorial's picture: %w", err)
		}
	}
	t.report.Tutorials++
	return nil
}
