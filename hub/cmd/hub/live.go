package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/edge/realtime"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// errTicket says that a ticket admits nobody.
var errTicket = errors.New("the ticket is unknown, spent or expired")

// admit spends a ticket.
func (h *hub) admit(ticket string) (realtime.Peer, error) {
	holder, ok := h.booth.Spend(ticket)
	if !ok {
		return realtime.Peer{}, errTicket
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

// dropRevoked ends the sockets of devices and sessions that were revoked or
// have ended, also by a command beside this process. Who is connected is
// written down first: somebody who comes meanwhile is not yet known as valid.
func (h *hub) dropRevoked(ctx context.Context) error {
	present := map[realtime.Peer]bool{}
	h.live.Drop(func(p realtime.Peer) bool {
		present[p] = true
		return false
	})
	if len(present) == 0 {
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
		return present[p] && (ended || !valid[p.Device])
	})
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
