// Command driver is a test driver in a terminal: it signs in at the station
// that `make run` started, as a phone would, opens a conversation with its
// support and sends what is typed. It stands in until there are driver pages,
// and uses nothing but the drivers' own API.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"forecourt/house/internal/house"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

func main() {
	dir := flag.String("dir", "run", "where the station keeps its data")
	phone := flag.String("phone", "13800010001", "the driver's number")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *dir, *phone, os.Stdin); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "driver:", err)
		stop()
		os.Exit(1)
	}
}

const help = `Type a line to say it; or
  /picture FILE   send a picture        /voice FILE   send a recording (WAV, MP3)
  /close          end the conversation  /rate 5 WORDS rate it
  /nozzle CODE    claim the nozzle you stand at (hub nozzle-codes prints them)`

// run signs in, follows the conversation and says what is typed.
func run(ctx context.Context, dir, number string, in io.Reader) error {
	h, err := house.Attach(dir)
	if err != nil {
		return err
	}
	phone, err := h.Driver(ctx, number)
	if err != nil {
		return err
	}
	stations, err := phone.Stations(ctx)
	if err != nil || len(stations) == 0 {
		return errors.Join(err, errors.New("there is no station"))
	}
	thread, err := phone.OpenThread(ctx, wire.OpenThread{Station: stations[0].ID})
	if err != nil {
		return err
	}
	d := &driver{Driver: phone, thread: thread.ID, ids: h.IDs()}
	live := phone.Live(link.LiveOptions{Channels: []wire.Channel{wire.Chat(thread.ID)}, Handler: &screen{}})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- live.Run(ctx) }()
	fmt.Println(help)
	err = d.listen(ctx, in)
	cancel()
	if lost := <-ended; err == nil && !errors.Is(lost, context.Canceled) {
		err = lost
	}
	return err
}

// driver is who types.
type driver struct {
	*link.Driver
	thread id.Thread
	ids    *id.Maker
}

// listen obeys lines until there are no more.
func (d *driver) listen(ctx context.Context, in io.Reader) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			if err := d.obey(ctx, line); err != nil {
				fmt.Println("!", err)
			}
		}
	}
	return lines.Err()
}

func (d *driver) obey(ctx context.Context, line string) error {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "/picture":
		return d.sendFile(ctx, wire.MessagePicture, rest)
	case "/voice":
		return d.sendFile(ctx, wire.MessageVoice, rest)
	case "/close":
		_, err := d.CloseThread(ctx, d.thread)
		return err
	case "/rate":
		var rating wire.RatingRequest
		stars, note, _ := strings.Cut(rest, " ")
		if _, err := fmt.Sscan(stars, &rating.Stars); err != nil {
			return fmt.Errorf("stars: %w", err)
		}
		rating.Note = note
		_, err := d.Rate(ctx, d.thread, rating)
		return err
	case "/nozzle":
		claim, err := d.ClaimNozzle(ctx, wire.ClaimRequest{Code: rest})
		if err == nil {
			fmt.Printf("nozzle %d (%s) is yours until %s\n", claim.Nozzle, claim.Grade, claim.Until.Local().Format("15:04"))
		}
		return err
	}
	return d.send(ctx, wire.SendRequest{Kind: wire.MessageText, Text: line})
}

func (d *driver) send(ctx context.Context, say wire.SendRequest) error {
	say.ID = id.New[id.Message](d.ids)
	_, err := d.Say(ctx, d.thread, say)
	return err
}

func (d *driver) sendFile(ctx context.Context, kind wire.MessageKind, name string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	media, err := d.Upload(ctx, d.thread, name, content)
	if err != nil {
		return err
	}
	return d.send(ctx, wire.SendRequest{Kind: kind, Media: media.ID})
}

// screen prints what is said.
type screen struct{}

// Connected says that the line is up.
func (*screen) Connected(wire.Welcome) { fmt.Println("- connected") }

// Lost says that it is down; it comes back by itself.
func (*screen) Lost(err error) { fmt.Println("- lost:", err) }

// Frame prints messages.
func (*screen) Frame(f wire.Frame) {
	switch f.K {
	case wire.KindSnap:
		if snap, err := wire.Read[wire.ChatSnap](f.D); err == nil {
			for _, m := range snap.Messages {
				show(m)
			}
		}
	case wire.KindMessage:
		if m, err := wire.Read[wire.Message](f.D); err == nil {
			show(m)
		}
	}
}

func show(m wire.Message) {
	who := map[wire.Party]string{wire.PartyDriver: "我", wire.PartyAgent: m.Agent, wire.PartySystem: "系统"}[m.From]
	what := m.Text
	switch {
	case m.Media != nil:
		what = fmt.Sprintf("[%s %s, %d bytes]", m.Kind, m.Media.Type, m.Media.Bytes)
	case m.Kind == wire.MessageTutorial:
		what = fmt.Sprintf("[%s, %d parts]", m.Text, len(m.Parts))
	case m.Kind == wire.MessageEvent:
		what = strings.TrimSpace(string(m.Event) + " " + m.Text)
	}
	fmt.Printf("%s %s: %s\n", m.At.Local().Format("15:04"), who, what)
}
