package link

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// fakeHub is the hub's side of the socket: one channel with a ring, resume,
// snapshots and a beat.
type fakeHub struct {
	mux *http.ServeMux

	mu      sync.Mutex
	epoch   id.Epoch
	seq     uint64
	oldest  uint64       // first event still in the ring
	log     []wire.Frame // events oldest..seq
	changed chan struct{}
	hellos  []wire.Hello
	tickets int
	got     chan wire.Frame // what devices sent

	beat    time.Duration                                           // 0: none
	welcome func(*websocket.Conn, wire.Hello) (stop bool)           // after the hello, before the welcome
	script  func(context.Context, *websocket.Conn, []wire.Position) // replaces following the channel
	refuse  func(w http.ResponseWriter, ticket int) (done bool)     // instead of a ticket
}

var (
	testIDs     = id.NewMaker(testNow, rand.Reader)
	testChannel = wire.Forecourt(id.New[id.Station](testIDs))
)

func testNow() time.Time { return time.Unix(1_800_000_000, 0) }

func newFakeHub() *fakeHub {
	h := &fakeHub{mux: http.NewServeMux(), changed: make(chan struct{}), got: make(chan wire.Frame, 64), oldest: 1, beat: 50 * time.Millisecond}
	h.newEpoch()
	h.mux.HandleFunc("POST /v1/tickets", h.giveTicket)
	h.mux.HandleFunc("GET /v1/live", h.live)
	return h
}

func (h *fakeHub) newEpoch() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.epoch = id.New[id.Epoch](testIDs)
	h.log, h.oldest = nil, h.seq+1
}

// forget empties the ring, as if its events had fallen out.
func (h *fakeHub) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log, h.oldest = nil, h.seq+1
}

// publish adds an event and returns its number.
func (h *fakeHub) publish() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq++
	h.log = append(h.log, wire.Frame{
		K: wire.KindNozzle, Ch: testChannel, Seq: h.seq, D: wire.Body(wire.Nozzle{Number: int(h.seq)}),
	})
	close(h.changed)
	h.changed = make(chan struct{})
	return h.seq
}

func (h *fakeHub) seen() (hellos []wire.Hello, tickets int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append(hellos, h.hellos...), h.tickets
}

func (h *fakeHub) giveTicket(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	h.tickets++
	n := h.tickets
	h.mu.Unlock()
	if h.refuse != nil && h.refuse(w, n) {
		return
	}
	answer(w, http.StatusOK, wire.Ticket{Ticket: "t"})
}

func answer(w http.ResponseWriter, status int, body any) {
	kind := "application/json"
	if _, ok := body.(*wire.Problem); ok {
		kind = "application/problem+json; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (h *fakeHub) live(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	_, message, err := conn.Read(r.Context())
	if err != nil {
		return
	}
	frames, err := wire.Decode(message)
	if err != nil || len(frames) != 1 || frames[0].K != wire.KindHello {
		return
	}
	hello, _ := wire.Read[wire.Hello](frames[0].D)
	h.mu.Lock()
	h.hellos = append(h.hellos, hello)
	h.mu.Unlock()
	if h.welcome != nil && h.welcome(conn, hello) {
		return
	}
	if !send(conn, wire.Frame{K: wire.KindWelcome, D: wire.Body(wire.Welcome{V: wire.Version, Acked: 7})}) {
		return
	}
	ctx, gone := context.WithCancel(r.Context())
	defer gone()
	go func() { defer gone(); h.listen(ctx, conn) }()
	if h.script != nil {
		h.script(ctx, conn, hello.Resume)
		return
	}
	h.follow(ctx, conn, hello.Resume)
}

func (h *fakeHub) listen(ctx context.Context, conn *websocket.Conn) {
	for {
		_, message, err := conn.Read(ctx)
		if err != nil {
			return
		}
		frames, _ := wire.Decode(message)
		for _, f := range frames {
			h.got <- f
		}
	}
}

// follow sends what a peer lacks, then what happens, and a beat.
func (h *fakeHub) follow(ctx context.Context, conn *websocket.Conn, resume []wire.Position) {
	var cursor uint64
	started := false
	beat := time.NewTicker(max(h.beat, time.Millisecond))
	defer beat.Stop()
	for {
		batch, changed, held := h.batch(resume, &cursor, &started)
		if !held || !send(conn, batch...) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-beat.C:
			if h.beat > 0 && !send(conn, wire.Frame{K: wire.KindBeat, Ch: testChannel, Seq: cursor, D: wire.Body(wire.Beat{})}) {
				return
			}
		}
	}
}

// batch is what comes after the cursor; held is false if the ring no longer
// has it and the peer must come back.
func (h *fakeHub) batch(resume []wire.Position, cursor *uint64, started *bool) (batch []wire.Frame, changed chan struct{}, held bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(resume) == 0 {
		return nil, h.changed, true
	}
	if at := resume[0]; !*started {
		*started = true
		*cursor = at.Seq
		if at.Ep != h.epoch || at.Seq+1 < h.oldest {
			*cursor = h.seq
			batch = append(batch, snapshot(h.epoch, h.seq))
		}
	}
	if *cursor+1 < h.oldest {
		return nil, nil, false
	}
	batch = append(batch, h.log[*cursor+1-h.oldest:]...)
	*cursor = h.seq
	return batch, h.changed, true
}

// serve serves a hub on plain loopback, and tells where.
func serve(t testing.TB, h *fakeHub) string {
	t.Helper()
	s := httptest.NewServer(h.mux)
	t.Cleanup(s.Close)
	return s.URL
}

// send writes frames as one message.
func send(conn *websocket.Conn, frames ...wire.Frame) bool {
	if len(frames) == 0 {
		return true
	}
	var message bytes.Buffer
	for _, f := range frames {
		line, err := wire.Encode(f)
		if err != nil {
			return false
		}
		message.Write(append(line, '\n'))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, message.Bytes()) == nil
}

// authority is a certificate authority and a server certificate under it.
type authority struct {
	pem         []byte
	fingerprint string
	server      tls.Certificate // the chain holds the authority too
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	caKey, leafKey := newKey(t), newKey(t)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "hub"},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		t.Fatal(err)
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, &leafKey.PublicKey, caKey)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(caDER)
	return authority{
		pem:         pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}),
		fingerprint: hex.EncodeToString(sum[:]),
		server:      tls.Certificate{Certificate: [][]byte{leafDER, caDER}, PrivateKey: leafKey},
	}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// startTLS serves a handler as a hub would.
func startTLS(t testing.TB, handler http.Handler, ca authority) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{ca.server}}
	s.Config.ErrorLog = nil
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// newTestClient makes a client that is closed with the test.
func newTestClient(t testing.TB, opts Options) *Client {
	t.Helper()
	opts.Now, opts.Random = time.Now, io.Reader(rand.Reader)
	if opts.Device == "" {
		opts.Device = "device-token"
	}
	c, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
