package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"forecourt/house/internal/house"
	"forecourt/house/internal/talk"
	"forecourt/house/internal/truth"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// caller is a driver who asks something.
type caller struct {
	phone, name, plate, model string
	says                      []string
	*link.Driver
	thread id.Thread
}

// callers are who calls in the busy hour.
func callers() []*caller {
	return []*caller{
		{phone: "13800010011", name: "王建国", plate: "云A12345", model: "大众朗逸 1.5L", says: []string{"您好，昨天加的 95 号，单价和挂牌价对不上，能帮我看看吗？"}},
		{phone: "13800010012", name: "李娜", plate: "云AD12345", model: "比亚迪 秦PLUS", says: []string{"新能源车牌怎么绑定？一直提示车牌不正确"}},
		{phone: "13800010013", name: "陈立", plate: "云A8K356", says: []string{"发票抬头开错了", "可以重开吗？"}},
		{phone: "13800010014", name: "赵敏", plate: "云B66T20", says: []string{"洗车券在哪里用？"}},
		{phone: "13800010015", name: "周强", plate: "云A77777", says: []string{"请问今晚几点下班？"}},
		{phone: "13800010016", name: "吴晓", plate: "云A90C12", says: []string{"现在排队的人多吗"}},
		{phone: "13800010017", name: "郑凯", plate: "云C5566D", says: []string{"充值的 500 元还没有到账"}},
	}
}

// enter signs a driver in and gives them a name and a vehicle.
func (c *caller) enter(ctx context.Context, h *house.House) (err error) {
	if c.Driver, err = h.Driver(ctx, c.phone); err != nil {
		return err
	}
	if _, err := c.SetProfile(ctx, wire.ProfileRequest{Name: c.name}); err != nil {
		return err
	}
	_, err = c.AddVehicle(ctx, wire.VehicleRequest{Plate: c.plate, Model: c.model})
	return err
}

// call opens the conversation and says what there is to say.
func (c *caller) call(ctx context.Context, h *house.House, station id.Station) error {
	thread, err := c.OpenThread(ctx, wire.OpenThread{Station: station})
	if err != nil {
		return err
	}
	c.thread = thread.ID
	for _, text := range c.says {
		if err := c.say(ctx, h, wire.SendRequest{Kind: wire.MessageText, Text: text}); err != nil {
			return err
		}
	}
	return nil
}

func (c *caller) say(ctx context.Context, h *house.House, req wire.SendRequest) error {
	req.ID = id.New[id.Message](h.IDs())
	_, err := c.Say(ctx, c.thread, req)
	return err
}

// online is how many callers look at their phones.
const online = 5

// watch has the driver look at the conversation.
func (c *caller) watch(ctx context.Context) {
	live := c.Live(link.LiveOptions{Channels: []wire.Channel{wire.Chat(c.thread)}, Handler: looking{}})
	if err := live.Run(ctx); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "screenshots:", c.name, err)
	}
}

// looking hears everything and does nothing.
type looking struct{}

// Connected, Frame and Lost are called by the link.
func (looking) Connected(wire.Welcome) {}
func (looking) Frame(wire.Frame)       {}
func (looking) Lost(error)             {}

// awaitAgent waits until somebody has the conversation in hand.
func (c *caller) awaitAgent(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		list, err := c.Threads(ctx)
		if err != nil {
			return err
		}
		if len(list.Threads) > 0 && list.Threads[0].State == wire.ThreadActive {
			return nil
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return fmt.Errorf("waiting for an agent: %w", err)
		}
	}
}

// atHand bounds what the agent has in hand, so that some drivers wait.
const atHand = 4

// support photographs the agent's screen in a busy hour.
func (s *session) support(ctx context.Context) error {
	station, err := s.prepareSupport(ctx)
	if err != nil {
		return fmt.Errorf("preparing the busy hour: %w", err)
	}
	everybody := callers()
	for _, c := range everybody {
		if err := c.enter(ctx, s.h); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	if err := s.fuelTwice(ctx, everybody[0]); err != nil {
		return fmt.Errorf("fuelling: %w", err)
	}
	w, err := s.openWindow(ctx, "support")
	if err != nil {
		return err
	}
	defer func() { w.close() }()
	if err := s.signInAs(ctx, w, house.Agent); err != nil {
		return err
	}
	for _, c := range everybody {
		if err := c.call(ctx, s.h, station); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	watching, hangUp := context.WithCancel(ctx)
	defer hangUp()
	for _, c := range everybody[:online] {
		go c.watch(watching)
	}
	if err := everybody[0].awaitAgent(ctx); err != nil {
		return err
	}
	if err := s.answer(ctx, everybody[0]); err != nil {
		return fmt.Errorf("answering: %w", err)
	}
	return s.photographSupport(ctx, w)
}

// prepareSupport bounds what an agent has in hand.
func (s *session) prepareSupport(ctx context.Context) (id.Station, error) {
	head, session, err := s.h.TillAs(ctx, "office", house.Head)
	if err != nil {
		return id.Station{}, err
	}
	settings, err := head.SupportSettings(ctx)
	if err != nil {
		return id.Station{}, err
	}
	settings.MaxEach = atHand
	_, err = head.SetSupport(ctx, id.New[id.Command](s.h.IDs()), settings)
	return session.Station, err
}

// fuelTwice lets a driver fuel at nozzle 2 twice, by the code on its sticker.
func (s *session) fuelTwice(ctx context.Context, c *caller) error {
	const nozzle = 2 // 95#
	if err := s.h.Truth.Cars(ctx, false); err != nil {
		return err
	}
	codes, err := s.h.NozzleCodes(ctx)
	if err != nil {
		return err
	}
	if err := s.awaitQuiet(ctx); err != nil {
		return err
	}
	for _, money := range []unit.Fen{200_00, 300_00} {
		if err := s.awaitState(ctx, nozzle, wire.NozzleIdle); err != nil {
			return err
		}
		if _, err := c.ClaimNozzle(ctx, wire.ClaimRequest{Code: codes[nozzle]}); err != nil {
			return err
		}
		if err := s.deliver(ctx, nozzle, money); err != nil {
			return err
		}
	}
	return s.awaitState(ctx, nozzle, wire.NozzleIdle)
}

// deliver lifts a nozzle, waits until the money's worth has run, and hangs up.
func (s *session) deliver(ctx context.Context, nozzle int, money unit.Fen) error {
	delivered := func() (int, error) {
		nozzles, err := s.h.Truth.Nozzles(ctx)
		at := slices.IndexFunc(nozzles, func(n truth.Nozzle) bool { return n.Nozzle == nozzle })
		if err != nil || at < 0 {
			return 0, fmt.Errorf("asking nozzle %d: %w", nozzle, err)
		}
		return nozzles[at].Deliveries, nil
	}
	before, err := delivered()
	if err != nil {
		return err
	}
	if err := s.h.Truth.Lift(ctx, nozzle, money); err != nil {
		return err
	}
	for now := before; now == before; {
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
		if now, err = delivered(); err != nil {
			return err
		}
	}
	return s.h.Truth.Hang(ctx, nozzle)
}

// awaitQuiet waits until the last cars have gone and every nozzle sells at the
// price in force.
func (s *session) awaitQuiet(ctx context.Context) error {
	return s.awaitBoard(ctx, "a quiet forecourt", func(nozzles []wire.Nozzle) bool {
		prices := s.board.Prices().Nozzles
		return len(nozzles) > 0 && len(prices) == len(nozzles) &&
			!slices.ContainsFunc(nozzles, func(n wire.Nozzle) bool { return n.State != wire.NozzleIdle }) &&
			!slices.ContainsFunc(prices, func(p wire.NozzlePrice) bool { return !p.Acked })
	})
}

func (s *session) awaitState(ctx context.Context, nozzle int, state wire.NozzleState) error {
	return s.awaitBoard(ctx, fmt.Sprintf("nozzle %d to be %s", nozzle, state), func(nozzles []wire.Nozzle) bool {
		return slices.ContainsFunc(nozzles, func(n wire.Nozzle) bool { return n.Number == nozzle && n.State == state })
	})
}

func (s *session) awaitBoard(ctx context.Context, what string, ok func([]wire.Nozzle) bool) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for !ok(s.board.Nozzles()) {
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("waiting for %s: %w", what, err)
		}
	}
	return nil
}

// answer talks with the first caller: the same agent, at another desk.
func (s *session) answer(ctx context.Context, c *caller) error {
	agent, _, err := s.h.TillAs(ctx, "second desk", house.Agent)
	if err != nil {
		return err
	}
	say := func(req wire.SendRequest) error {
		req.ID = id.New[id.Message](s.h.IDs())
		_, err := agent.Say(ctx, c.thread, req)
		return err
	}
	picture, err := talk.Picture(3)
	if err != nil {
		return err
	}
	upload, err := c.Upload(ctx, c.thread, "photo.jpg", picture)
	if err != nil {
		return err
	}
	voice, err := c.Upload(ctx, c.thread, "voice.wav", talk.Voice(2, 4200*time.Millisecond))
	if err != nil {
		return err
	}
	steps := []func() error{
		func() error {
			return c.say(ctx, s.h, wire.SendRequest{Kind: wire.MessagePicture, Media: upload.ID})
		},
		func() error {
			return say(wire.SendRequest{Kind: wire.MessageText, Text: "您好，收到您的图片了，我马上为您核实这一笔的费用构成。"})
		},
		func() error { return c.say(ctx, s.h, wire.SendRequest{Kind: wire.MessageVoice, Media: voice.ID}) },
		func() error {
			return say(wire.SendRequest{Kind: wire.MessageText, Text: "查到了：油品金额 300.00 元，没有优惠，应付 300.00 元，与加油机读数一致。"})
		},
		func() error {
			return c.say(ctx, s.h, wire.SendRequest{Kind: wire.MessageText, Text: "明白了，谢谢👍"})
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// firstInHand chooses the first conversation the agent has in hand: the list
// begins with three that wait. toasts is how long messages stay that would
// cover it.
const (
	firstInHand = "ctrl+4"
	toasts      = 9 * time.Second
)

// photographSupport goes through what the page can show.
func (s *session) photographSupport(ctx context.Context, w *window) error {
	steps := []struct {
		name  string
		keys  []string
		text  string
		click string // "x y"
	}{
		{name: "support-busy", keys: []string{firstInHand}},
		{name: "support-fee", click: "1216 432"},
		{name: "support-canned", text: "/"},
		{name: "support-transfer", keys: []string{"Escape", "BackSpace", "F3"}},
	}
	if err := pause(ctx, toasts); err != nil {
		return err
	}
	for _, step := range steps {
		if x, y, ok := strings.Cut(step.click, " "); ok {
			if err := w.xdotool(ctx, "mousemove", x, y, "click", "1"); err != nil {
				return err
			}
		}
		if err := w.keys(ctx, step.keys...); err != nil {
			return err
		}
		if step.text != "" {
			if err := w.text(ctx, step.text); err != nil {
				return err
			}
		}
		if err := pause(ctx, time.Second); err != nil { // pictures come after the words
			return err
		}
		if err := s.photograph(ctx, step.name); err != nil {
			return err
		}
	}
	w.close()
	for _, look := range []struct {
		name string
		env  []string
	}{
		{"support-dark", []string{"FORECOURT_CASHIER_DARK=true"}},
		{"support-large", []string{"FORECOURT_CASHIER_SCALE=150", "FORECOURT_CASHIER_WIDTH=911", "FORECOURT_CASHIER_HEIGHT=512"}},
	} {
		if err := s.supportIn(ctx, look.name, look.env...); err != nil {
			return fmt.Errorf("%s: %w", look.name, err)
		}
	}
	return nil
}

// supportIn shows the same hour in another look.
func (s *session) supportIn(ctx context.Context, name string, env ...string) error {
	w, err := s.openWindow(ctx, filepath.Base(name), env...)
	if err != nil {
		return err
	}
	defer w.close()
	if err := s.signInAs(ctx, w, house.Agent); err != nil {
		return err
	}
	if err := w.keys(ctx, firstInHand); err != nil {
		return err
	}
	if err := pause(ctx, toasts); err != nil {
		return err
	}
	return s.photograph(ctx, name)
}
