package main

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/hub/internal/domain/board"
	"forecourt/hub/internal/domain/claim"
	"forecourt/hub/internal/domain/station"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// tape is a sink that keeps what members are sent.
type tape struct{ fuelling []wire.Frame }

func (p *tape) Event(wire.Frame) {}

func (p *tape) Tick(_ int, f wire.Frame) {
	if f.K == wire.KindFuelling {
		p.fuelling = append(p.fuelling, f)
	}
}

// kept is boards with one running board of one idle nozzle.
func kept(ctx context.Context) (*boards, *tape, id.Station) {
	ids := id.NewMaker(time.Now, rand.NewChaCha8([32]byte{3}))
	sink, at := &tape{}, id.New[id.Station](ids)
	b := newBoards(nil, nil, sink, func() id.Epoch { return id.New[id.Epoch](ids) }, time.Now, slog.New(slog.DiscardHandler))
	made := board.New(at, []station.Nozzle{{Number: 3, Grade: "92#", Hold: wire.HoldNone}}, b.epoch, sink, time.Now)
	b.byID[at], b.names[at] = made, "示范加油站"
	b.running.Go(func() { made.Run(ctx) })
	b.running.Go(func() { b.run(ctx) })
	return b, sink, at
}

func TestTheBoardsAreToldWhoStandsWhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b, sink, at := kept(ctx)
		who, elsewhere := id.Member{1}, id.Member{2}
		b.claimed(claim.Stand{Station: id.Station{9}, Nozzle: 3, Member: elsewhere})
		b.claimed(claim.Stand{Station: at, Nozzle: 3, Member: who, Until: time.Now().Add(time.Minute)})
		synctest.Wait()
		if f := b.fuelling(ctx, who); f == nil || f.Nozzle != 3 || f.Station != at || len(sink.fuelling) != 1 {
			t.Errorf("they see %+v after %d ticks", f, len(sink.fuelling))
		}
		if f := b.fuelling(ctx, elsewhere); f != nil {
			t.Errorf("who stands elsewhere sees %+v", f)
		}
		b.claimed(claim.Stand{Station: at, Nozzle: 3, Member: who, Over: true})
		synctest.Wait()
		if f := b.fuelling(ctx, who); f != nil || len(sink.fuelling) != 2 || len(b.at) != 1 {
			t.Errorf("it is over, and they see %+v after %d ticks", f, len(sink.fuelling))
		}
		b.claimed(claim.Stand{Station: at, Nozzle: 3, Member: who, Until: time.Now().Add(time.Minute)})
		time.Sleep(2 * time.Minute)
		if b.tidy(); len(b.at) != 1 {
			t.Errorf("who was waited for in vain is remembered: %v", b.at)
		}
		cancel()
		b.wait()
	})
}

func TestABoardHearsOfPricesAndNothingElse(t *testing.T) {
	b := newBoards(nil, nil, &tape{}, nil, time.Now, slog.New(slog.DiscardHandler))
	at := id.Station{7}
	b.frames([]wire.Frame{
		{K: wire.KindSale, Ch: wire.Desk(at)},
		{K: wire.KindPrices, Ch: wire.Support(id.Station{8})},
		{K: wire.KindPrices, Ch: "desk/nonsense"},
	})
	if len(b.dirty) != 0 {
		t.Errorf("it heard %v", b.dirty)
	}
	b.changed(at)
	b.frames([]wire.Frame{{K: wire.KindPrices, Ch: wire.Desk(at)}})
	if b.dirty[at] != (news{nozzles: true, prices: true}) {
		t.Errorf("it heard %v", b.dirty)
	}
}

func TestTheStationIsNamedInItsPublicSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b, _, at := kept(ctx)
		snap, pos, err := b.publicSnapshot(ctx, at)
		if err != nil || snap.Station != "示范加油站" || len(snap.Pumps) != 1 || pos.Ch != wire.PublicStation(at) {
			t.Errorf("%+v at %+v, %v", snap, pos, err)
		}
		if _, _, err := b.publicSnapshot(ctx, id.Station{9}); err == nil {
			t.Error("a station without a board has a snapshot")
		}
		cancel()
		b.wait()
	})
}
