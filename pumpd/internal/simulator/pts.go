package simulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"forecourt/pumpd/internal/driver/pts"
)

// PTSConfig describes a simulated PTS-2 controller.
type PTSConfig struct {
	// Name is the face's name in the Station's faults.
	Name string
	// Station has the pumps; Pumps maps the controller's pump numbers to
	// the station's.
	Station *Station
	Pumps   map[int]int
	// ID is the controller's identifier, 24 hex digits.
	ID string
	// Users may ask, all with the same Password; Scheme is the DIP switch.
	Users    []string
	Password string
	Scheme   pts.Scheme
	// FirstTransaction numbers the first delivery; 1 if zero.
	FirstTransaction int
	// DelayedAfter is how long totals and prices take to come from a pump.
	DelayedAfter time.Duration
	// Server says where it uploads and dials to; see PTS.Run.
	Server PTSServer
	// Zone is the clock on its wall, UTC if nil; Now is the clock.
	Zone *time.Location
	Now  func() time.Time
	// Random makes nonces.
	Random io.Reader
	Log    *slog.Logger
}

// PTS is a face: a controller that speaks jsonPTS in front of some of a
// Station's pumps. It is safe for concurrent use.
type PTS struct {
	config PTSConfig
	log    *slog.Logger
	guard  *pts.Guard

	mu       sync.Mutex
	pumps    map[int]*ptsPump
	next     int // the next transaction number
	settings map[string]pts.Packet
	last     []byte // the last answer, for the fault that repeats it
	refused  int
}

// ptsPump is what the controller remembers of a pump.
type ptsPump struct {
	number  int
	at      int // in the Station
	user    string
	locked  bool
	auto    bool        // closes transactions by itself
	pending int         // the transaction of the permission that is open
	serial  int         // deliveries that have a number
	numbers map[int]int // delivery's serial to transaction
	delayed *delayedAnswer
	// uploaded is the last delivery that the server acknowledged.
	uploaded int
}

// delayedAnswer will replace the status once.
type delayedAnswer struct {
	request string
	ready   time.Time
	make    func(View) (kind string, data any)
}

// lastTransaction is the largest transaction number; the next is 1.
const lastTransaction = 1<<16 - 1

// NewPTS makes a controller.
func NewPTS(config PTSConfig) (*PTS, error) {
	if config.Station == nil || config.Now == nil || len(config.Pumps) == 0 {
		return nil, errors.New("simulator: a controller needs a station, pumps and a clock")
	}
	if config.Zone == nil {
		config.Zone = time.UTC
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	config.Scheme = cmp.Or(config.Scheme, pts.Digest)
	guard, err := pts.NewGuard("simulated PTS-2", config.Users, config.Password, []pts.Scheme{config.Scheme}, config.Now, config.Random)
	if err != nil {
		return nil, fmt.Errorf("simulated controller: %w", err)
	}
	c := &PTS{
		config: config, log: config.Log.With("face", config.Name), guard: guard, pumps: make(map[int]*ptsPump),
		next: max(config.FirstTransaction, 1), settings: make(map[string]pts.Packet),
	}
	for number, at := range config.Pumps {
		c.pumps[number] = &ptsPump{number: number, at: at, numbers: make(map[int]int)}
	}
	return c, nil
}

// numbersOf lists the controller's pumps in order.
func (c *PTS) numbersOf() []int { return slices.Sorted(maps.Keys(c.config.Pumps)) }

// Refused counts messages that a real controller would have dropped, for
// their size or because they were unreadable.
func (c *PTS) Refused() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused
}

// ServeHTTP answers POST /jsonPTS as the controller does.
func (c *PTS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", "Forecourt simulated PTS-2")
	if r.URL.Path != "/jsonPTS" { // case-sensitive
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	if !c.guard.Admit(w, r) {
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, pts.MaxRequest))
	if err != nil {
		c.count()
		http.Error(w, "request too long", http.StatusRequestEntityTooLarge)
		return
	}
	answer, err := c.Answer(userOf(r), body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.send(w, r, answer)
}

func (c *PTS) count() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused++
}

// userOf is the name in credentials that were already checked.
func userOf(r *http.Request) string {
	if user, _, ok := r.BasicAuth(); ok {
		return user
	}
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), `username="`)
	user, _, _ := strings.Cut(rest, `"`)
	return user
}

// Answer answers one message for a user: one packet per request.
func (c *PTS) Answer(user string, body []byte) ([]byte, error) {
	m, err := pts.Parse(body)
	tokens := 0
	if err == nil {
		tokens, err = pts.Tokens(body)
	}
	if err != nil || tokens > pts.MaxTokens || len(body) > pts.MaxRequest {
		c.count()
		return nil, fmt.Errorf("a message of %d bytes, %d tokens is dropped (%w)", len(body), tokens, cmp.Or(err, pts.ErrMessage))
	}
	reply := pts.NewMessage()
	for _, p := range m.Packets {
		if strings.HasPrefix(p.Type(), "ReportGet") && len(m.Packets) > 1 {
			reply.Packets = append(reply.Packets, p.Refuse(errRequest.code, errRequest.message))
			continue
		}
		reply.Packets = append(reply.Packets, c.answerOne(user, p))
	}
	return reply.MarshalJSON()
}

// send writes an answer, with what the Station's faults make of it.
func (c *PTS) send(w http.ResponseWriter, r *http.Request, answer []byte) {
	c.mu.Lock()
	before := c.last
	c.last = answer
	c.mu.Unlock()
	switch c.config.Station.Roll(c.config.Name) {
	case LoseFrame:
		panic(http.ErrAbortHandler) // drops the connection
	case RepeatFrame:
		if before != nil {
			answer = before
		}
	case TearFrame:
		w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
		_, _ = w.Write(answer[:len(answer)/2])
		panic(http.ErrAbortHandler)
	case LateFrame:
		if !pause(r.Context(), lateBy) {
			return
		}
	case NoiseFrame:
		answer = append([]byte("\x00\xff~{]"), answer...)
	}
	_, _ = w.Write(answer)
}

// pause waits; false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
