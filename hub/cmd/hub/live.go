package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/edge/realtime"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// errTicket says that a ticket admits nobody.
var errTicket = errors.New("the ticket is unknown, spent or expired")

// newLive makes the sockets. What they ask of is made after them.
func (h *hub) newLive() *realtime.Server {
	return realtime.New(realtime.Deps{
		Admit: h.admit,
		Snapshots: map[string]realtime.Snapshot{
			"forecourt": snapshots(func(ctx context.Context, s id.Station) (wire.ForecourtSnap, wire.Position, error) {
				return h.boards.snapshot(ctx, s)
			}),
			"station": snapshots(func(ctx context.Context, s id.Station) (wire.StationSnap, wire.Position, error) {
				return h.boards.publicSnapshot(ctx, s)
			}),
			"desk": snapshots(func(ctx context.Context, s id.Station) (wire.DeskSnap, wire.Position, error) {
				return h.flow.DeskSnapshot(ctx, s)
			}),
			"post": snapshots(func(ctx context.Context, s id.Staff) (wire.PostSnap, wire.Position, error) {
				return h.flow.PostSnapshot(ctx, s)
			}),
			"security": snapshots(func(ctx context.Context, s id.Station) (wire.SecuritySnap, wire.Position, error) {
				return h.flow.SecuritySnapshot(ctx, s)
			}),
			"support": snapshots(func(ctx context.Context, s id.Station) (wire.SupportSnap, wire.Position, error) {
				return h.flow.SupportSnapshot(ctx, s)
			}),
			"driver": snapshots(func(ctx context.Context, m id.Member) (wire.DriverSnap, wire.Position, error) {
				return h.flow.DriverSnapshot(ctx, m)
			}),
			"chat": snapshots(func(ctx context.Context, t id.Thread) (wire.ChatSnap, wire.Position, error) {
				return h.flow.ChatSnapshot(ctx, t)
			}),
		},
		Since:      h.feed.Since,
		Party:      h.party,
		Typing:     h.typing,
		Presence:   h.presence,
		OpenDevice: h.openDevice,
		Origins:    originHosts(h.cfg.AllowOrigins),
		Limits:     realtime.Limits{Connections: h.cfg.Live.Connections, Window: h.cfg.Live.Window},
		Metrics:    realtime.NewMetrics(h.metrics),
		Now:        h.now,
		Log:        h.log,
	})
}

// snapshots makes the snapshots of a family whose channels are named by ids of
// one kind.
func snapshots[I ~[16]byte, B any](of func(context.Context, I) (B, wire.Position, error)) realtime.Snapshot {
	return func(ctx context.Context, ch wire.Channel) (any, wire.Position, error) {
		_, name := ch.Split()
		key, err := id.Parse[I](name)
		if err != nil {
			return nil, wire.Position{}, fmt.Errorf("channel %q: %w", ch, err)
		}
		return of(ctx, key)
	}
}

// party reports whether a peer is a party of a conversation.
func (h *hub) party(ctx context.Context, p realtime.Peer, t id.Thread) (bool, error) {
	who, ok := speakerOf(p)
	if !ok {
		return false, nil
	}
	may, err := h.flow.MayFollow(ctx, who, t)
	if may && err == nil {
		h.rooms.Followed(ctx, t)
	}
	return may, err
}

// typingTimeout bounds the wait for who keeps the conversations: a sign of
// writing is worth nothing later.
const typingTimeout = time.Second

// typing passes on that a party is writing.
func (h *hub) typing(p realtime.Peer, t id.Thread) {
	ctx, cancel := context.WithTimeout(h.working, typingTimeout)
	defer cancel()
	by := wire.PartyAgent
	if !p.Member.IsZero() {
		by = wire.PartyDriver
	}
	h.rooms.Typing(ctx, t, by)
}

// presence passes on who came and went.
func (h *hub) presence(changes []realtime.Change) {
	list := make([]chat.Presence, len(changes))
	for i, c := range changes {
		list[i] = chat.Presence{Staff: c.User.Staff, Station: c.User.Station, Member: c.User.Member, Online: c.Online}
	}
	h.flow.PresenceChanged(list)
}

// admit spends a ticket.
func (h *hub) admit(ticket string) (realtime.Peer, error) {
	holder, ok := h.booth.Spend(ticket)
	switch {
	case !ok:
		return realtime.Peer{}, errTicket
	case holder.Guest:
		return realtime.Peer{Kind: wire.DevicePhone, Guest: true}, nil
	case holder.Driver != nil:
		return realtime.Peer{Kind: wire.DevicePhone, Member: holder.Driver.Member, Session: holder.Driver.Session}, nil
	}
	peer := realtime.Peer{Device: holder.Device.Device, Kind: holder.Device.Kind, Station: holder.Device.Station}
	if holder.Staff != nil {
		peer.Staff, peer.Role = holder.Staff.Staff, holder.Staff.Role
	}
	return peer, nil
}

// openDevice begins a pumpd's session.
func (h *hub) openDevice(ctx context.Context, p realtime.Peer, journal id.Journal, out realtime.DeviceOut) (realtime.DeviceSession, uint64, error) {
	link, acked, err := h.intake.Open(ctx, flow.Source{Device: p.Device, Station: p.Station, Journal: journal}, out)
	if err != nil {
		return nil, 0, err
	}
	return link, acked, nil
}

// signedOut ends the sockets of somebody who has signed out.
func (h *hub) signedOut(till id.Device, person id.Staff) {
	h.live.Drop(func(p realtime.Peer) bool { return p.Device == till && p.Staff == person })
}

// memberSignedOut ends the sockets of a member's sessions that have ended; those
// of phones that are still signed in stay.
func (h *hub) memberSignedOut(ctx context.Context, who id.Member) {
	if !h.live.Online(realtime.User{Member: who}) {
		return
	}
	open, err := h.members.Open(ctx, who)
	if err != nil {
		h.log.Warn("a member's sockets are left to the next round", "error", err)
		return
	}
	h.live.Drop(func(p realtime.Peer) bool { return p.Member == who && !open[p.Session] })
}

// erased ends the sockets of a member who was erased, and has what was said by
// them or to them forgotten.
func (h *hub) erased(who id.Member, threads []id.Thread) {
	h.live.Drop(func(p realtime.Peer) bool { return p.Member == who })
	h.live.Forget(wire.DriverOf(who))
	for _, t := range threads {
		h.live.Forget(wire.Chat(t))
	}
}

// present is everyone who is connected and of interest.
func (h *hub) present(of func(realtime.Peer) bool) map[realtime.Peer]bool {
	here := map[realtime.Peer]bool{}
	h.live.Drop(func(p realtime.Peer) bool {
		if of(p) {
			here[p] = true
		}
		return false
	})
	return here
}

// dropRevoked ends the sockets of devices and sessions that were revoked or
// have ended, also by a command beside this process. Who is connected is
// written down first: somebody who comes meanwhile is not yet known as valid.
func (h *hub) dropRevoked(ctx context.Context) error {
	here := h.present(func(p realtime.Peer) bool { return p.Member.IsZero() && !p.Guest })
	if len(here) == 0 {
		return nil
	}
	valid, err := h.devices.Valid(ctx)
	if err != nil {
		return err
	}
	open, err := h.staff.Open(ctx)
	if err != nil {
		return err
	}
	h.live.Drop(func(p realtime.Peer) bool {
		ended := !p.Staff.IsZero() && !open[staff.SignedIn{Staff: p.Staff, Device: p.Device}]
		return here[p] && (ended || !valid[p.Device])
	})
	return nil
}

// dropMembers is dropRevoked for drivers, who are many.
func (h *hub) dropMembers(ctx context.Context) error {
	here := h.present(func(p realtime.Peer) bool { return !p.Member.IsZero() })
	if len(here) == 0 {
		return nil
	}
	open, err := h.members.Open(ctx)
	if err != nil {
		return err
	}
	h.live.Drop(func(p realtime.Peer) bool { return here[p] && !open[p.Session] })
	return nil
}

// originHosts is the hosts of origins, as the socket server compares them.
func originHosts(origins []string) []string {
	var hosts []string
	for _, origin := range origins {
		if u, err := url.Parse(origin); err == nil { // checked with the configuration
			hosts = append(hosts, u.Host)
		}
	}
	return hosts
}

// errNoBoard says that the hub keeps no board of a station.
func errNoBoard(s id.Station) error {
	return fmt.Errorf("%w: no board of station %s", wire.NewProblem(wire.ProblemNotFound, ""), s)
}
