package pts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"forecourt/pumpd/internal/driver"
)

// typeSale is the upload that carries a sale; other kinds are acknowledged
// and counted.
const typeSale = "UploadPumpTransaction"

// maxUpload bounds the body of an upload. A controller's status with all its
// pumps and tanks stays below a few tens of kilobytes.
const maxUpload = 256 << 10

// uploads takes what the controller sends by itself.
type uploads struct {
	ctx        context.Context
	guard      *Guard
	driver     *Driver
	controller atomic.Pointer[string] // as configured, or as read from the controller

	mu sync.Mutex // one sale is stored at a time
	// store is not guarded by mu: whoever registers a new one may be the one
	// that a sale under way waits for.
	store atomic.Pointer[storeFunc]
}

type storeFunc = func(ctx context.Context, p driver.Point, s driver.Sale) error

// errNoStore says that nobody registered what stores sales.
var errNoStore = errors.New("nothing stores uploaded sales yet")

// OnUpload registers what stores an uploaded sale; see driver.Uploader.
func (d *Driver) OnUpload(store func(ctx context.Context, p driver.Point, s driver.Sale) error) {
	d.uploads.store.Store(&store)
}

// Handler takes the controller's uploads (POST) and its WebSocket (GET) on
// any path, for the paths are settings of the controller: usually
// /ptsPumpTransactions and its kin, and /ptsWebSocket. Credentials are
// checked, and controllers other than the configured one are refused.
func (d *Driver) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.enter() {
			http.Error(w, "closing", http.StatusServiceUnavailable)
			return
		}
		defer d.serving.Done()
		if !d.uploads.guard.Admit(w, r) {
			return
		}
		switch {
		case r.Method == http.MethodPost:
			d.uploads.post(w, r)
		case r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
			if err := d.uploads.expected(r.Header.Get(HeaderPtsID)); err != nil {
				d.log.Warn("controller's link refused", "err", err)
				http.Error(w, err.Error(), http.StatusForbidden)
				return
			}
			d.link.serve(w, r)
		default:
			w.Header().Set("Allow", "GET, POST")
			http.Error(w, "uploads come by POST, links by WebSocket", http.StatusMethodNotAllowed)
		}
	})
}

// expected checks that id is the controller this driver belongs to. Before
// that is known, nobody is it: the controller repeats its uploads.
func (u *uploads) expected(id string) error {
	if known := *u.controller.Load(); known == "" || controllerID(id) != known {
		return fmt.Errorf("controller %.32q is not the one configured here", id)
	}
	return nil
}

func (u *uploads) post(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpload))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		http.Error(w, "upload too large", http.StatusRequestEntityTooLarge)
		return
	}
	m, parseErr := Parse(body)
	if err != nil || parseErr != nil {
		u.driver.counts.garbled.Add(1)
		http.Error(w, "not a jsonPTS message", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(u.ctx, cancel)()
	reply := u.take(ctx, m)
	if len(reply.Packets) == 0 {
		http.Error(w, "nothing could be stored, send it again", http.StatusServiceUnavailable)
		return
	}
	answer, err := reply.MarshalJSON()
	if err != nil {
		http.Error(w, "answer could not be encoded", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(answer) // an acknowledgement that is lost makes the controller repeat
}

// take stores or counts the packets of a message. The reply acknowledges
// those that are done with; the others are left out, so the controller sends
// them again.
func (u *uploads) take(ctx context.Context, m Message) Message {
	reply := NewMessage()
	for _, p := range m.Packets {
		answer, err := u.takeOne(ctx, m.PtsID(), p)
		if err != nil {
			u.driver.counts.refused.Add(1)
			u.driver.log.Warn("upload not acknowledged", "type", p.Type(), "id", p.ID(), "err", err)
			continue
		}
		reply.Packets = append(reply.Packets, answer)
	}
	return reply
}

func (u *uploads) takeOne(ctx context.Context, controller string, p Packet) (Packet, error) {
	if p.Type() == typeTagsRequest { // comes without the controller's name
		return refuseTags(p)
	}
	if err := u.expected(controller); err != nil {
		return nil, err
	}
	switch {
	case p.Role() != RoleUpload:
		return nil, fmt.Errorf("%w: %.40q is no upload", ErrMessage, p.Type())
	case p.Type() == typeSale:
		return u.takeSale(ctx, controller, p)
	}
	u.driver.counts.other.Add(1)
	u.driver.log.Info("controller's record", "type", p.Type(), "words", Describe(p))
	return p.Accept(), nil
}

// takeSale acknowledges a sale only once it is stored.
func (u *uploads) takeSale(ctx context.Context, controller string, p Packet) (Packet, error) {
	rec, err := ReadRecord(p.Data())
	if err != nil {
		return nil, err
	}
	m, err := u.driver.pump(driver.Point(rec.Pump))
	if err != nil {
		return nil, err
	}
	if rec.Transaction == 0 || rec.Nozzle < 1 || rec.Nozzle > m.nozzles {
		return nil, fmt.Errorf("%w: transaction %d of nozzle %d", ErrField, rec.Transaction, rec.Nozzle)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	store := u.store.Load()
	if store == nil {
		return nil, errNoStore
	}
	if err := (*store)(ctx, driver.Point(rec.Pump), rec.Sale(controller, u.driver.cfg.Zone)); err != nil {
		return nil, fmt.Errorf("storing transaction %d of pump %d: %w", rec.Transaction, rec.Pump, err)
	}
	u.driver.counts.stored.Add(1)
	return p.Accept(), nil
}

// refuseTags answers that no tag is known here, so none may fuel.
func refuseTags(p Packet) (Packet, error) {
	type verdict struct {
		Tag   string
		Valid bool
	}
	var asked struct{ Tags []verdict }
	var data struct{ Tags []verdict }
	if err := p.decode(&asked); err != nil {
		return nil, err
	}
	for _, t := range asked.Tags {
		data.Tags = append(data.Tags, verdict{Tag: t.Tag})
	}
	answer, err := p.Answer("TagsInformation", data)
	if err != nil {
		return nil, err
	}
	answer["Message"] = text(messageOK)
	return answer, nil
}
