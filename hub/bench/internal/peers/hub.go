package peers

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"forecourt/hub/internal/domain/admission"
	"forecourt/hub/internal/domain/device"
	"forecourt/hub/internal/edge/realtime"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// hub is this hub's sockets with their real work: tickets, the table of who may
// follow what, channels, snapshots, sequence numbers, metrics.
type hub struct {
	address string
	live    *realtime.Server
	booth   *admission.Booth
	holder  admission.Holder
	channel wire.Channel
	snap    wire.ForecourtSnap
	epoch   id.Epoch
	seq     uint64
}

// HubOptions vary the hub.
type HubOptions struct {
	// Window is the coalescing window; 1 ns is none.
	Window time.Duration
	// Pumps is the size of the station. Messages change them in turn.
	Pumps int
}

// NewHub makes this hub's sockets.
func NewHub(o HubOptions) (Server, error) {
	l, err := listen()
	if err != nil {
		return nil, err
	}
	ids := id.NewMaker(time.Now, rand.Reader)
	station := id.New[id.Station](ids)
	h := &hub{
		address: l.Addr().String(), booth: admission.New(time.Now, rand.Reader),
		channel: wire.Forecourt(station), epoch: id.New[id.Epoch](ids), snap: snapshot(o.Pumps),
	}
	h.holder.Device = device.Actor{Device: id.New[id.Device](ids), Kind: wire.DeviceTill, Station: station}
	h.live = realtime.New(realtime.Deps{
		Admit: func(ticket string) (realtime.Peer, error) {
			holder, ok := h.booth.Spend(ticket)
			if !ok {
				return realtime.Peer{}, errors.New("no such ticket")
			}
			return realtime.Peer{
				Device: id.New[id.Device](ids), Kind: holder.Device.Kind, Station: holder.Device.Station,
				Staff: id.New[id.Staff](ids), Role: wire.RoleCashier,
			}, nil
		},
		Snapshots: map[string]realtime.Snapshot{"forecourt": h.snapshot},
		Limits: realtime.Limits{
			Window: o.Window, Ping: longPing, Connections: 1 << 16, Strangers: 1 << 12,
		},
		Metrics: realtime.NewMetrics(prometheus.NewRegistry()),
		Now:     time.Now,
		Log:     slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	server := &http.Server{Handler: h.live}
	go func() { _ = server.Serve(l) }()
	return h, nil
}

// snapshot is a station of a size.
func snapshot(pumps int) wire.ForecourtSnap {
	snap := wire.ForecourtSnap{Nozzles: make([]wire.Nozzle, pumps)}
	for i := range snap.Nozzles {
		snap.Nozzles[i] = wire.Nozzle{
			Number: i + 1, Dispenser: i/2 + 1, Grade: "92#", State: wire.NozzleFuelling, Mode: wire.ModeAttended,
			Hold: wire.HoldNone, Volume: 26670, Amount: 20000, Price: 750, Since: time.Now().UTC(),
		}
	}
	return snap
}

func (h *hub) snapshot(context.Context, wire.Channel) (any, wire.Position, error) {
	return h.snap, wire.Position{Ch: h.channel, Ep: h.epoch}, nil
}

func (h *hub) Address() string { return h.address }

// Channel is what there is to follow.
func (h *hub) Channel() string { return string(h.channel) }

func (h *hub) Ticket() (string, error) {
	t, err := h.booth.Issue(h.holder)
	return t.Ticket, err
}

func (h *hub) Publish(seq uint64, payload []byte) {
	body := make(json.RawMessage, 0, len(payload)+8)
	body = append(append(append(body, `{"f":"`...), payload...), `"}`...)
	h.live.Event(wire.Frame{K: wire.KindNozzle, Ch: h.channel, Ep: h.epoch, Seq: seq, At: time.Now(), D: body})
}
