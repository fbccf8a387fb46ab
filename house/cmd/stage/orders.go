package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"forecourt/house/internal/house"
	"forecourt/house/internal/talk"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// orderTimeout bounds one order; a hub that starts again takes seconds.
const orderTimeout = 60 * time.Second

// crew is the people at the station who do what a test asks for.
type crew struct {
	h     *house.House
	desks map[string]*house.Desk // by staff number
	agent *link.Client
}

// newCrew signs everybody in.
func newCrew(ctx context.Context, h *house.House) (*crew, error) {
	c := &crew{h: h, desks: map[string]*house.Desk{}}
	for _, number := range []string{house.Head, house.Cashier} {
		desk, err := h.Desk(ctx, "till of "+number, number)
		if err != nil {
			return nil, err
		}
		c.desks[number] = desk
	}
	var err error
	c.agent, _, err = h.TillAs(ctx, "till of the agent", house.Agent)
	return c, err
}

// station is where they work.
func (c *crew) station() string { return c.desks[house.Cashier].Session.Station.String() }

// orders are what can be asked for, each a POST with a JSON body:
//
//	/lift   {nozzle, money_fen}       a car comes and fuels until that amount
//	/hang   {nozzle}                  it hangs up
//	/fault  {nozzle, what}            something happens to the pump; truth.Fault says what can
//	/code   {phone}                   the last one-time code that was sent there
//	/codes  {}                        what the stickers at the nozzles say, by number
//	/as     {number, method, path, body}   a request of a member of staff: status and answer
//	/answer {thread, text}            the agent takes a conversation and says something
//	/show   {thread, kind}            the agent sends a picture or a voice message
//	/kill   {}                        the hub dies without a word
//	/start  {}                        and is started again
func (c *crew) orders() http.Handler {
	mux := http.NewServeMux()
	take(mux, "/lift", func(ctx context.Context, o struct {
		Nozzle int      `json:"nozzle"`
		Money  unit.Fen `json:"money_fen"`
	},
	) (any, error) {
		return done(c.h.Truth.Lift(ctx, o.Nozzle, o.Money))
	})
	take(mux, "/hang", func(ctx context.Context, o struct {
		Nozzle int `json:"nozzle"`
	},
	) (any, error) {
		return done(c.h.Truth.Hang(ctx, o.Nozzle))
	})
	take(mux, "/fault", func(ctx context.Context, o struct {
		Nozzle int    `json:"nozzle"`
		What   string `json:"what"`
	},
	) (any, error) {
		return done(c.h.Truth.Fault(ctx, o.Nozzle, o.What))
	})
	take(mux, "/code", func(ctx context.Context, o struct {
		Phone string `json:"phone"`
	},
	) (any, error) {
		return c.code(o.Phone)
	})
	take(mux, "/codes", func(ctx context.Context, _ struct{}) (any, error) { return c.h.NozzleCodes(ctx) })
	take(mux, "/as", c.as)
	take(mux, "/answer", c.answer)
	take(mux, "/show", c.show)
	take(mux, "/kill", func(context.Context, struct{}) (any, error) {
		c.h.Hub.Kill()
		return done(nil)
	})
	take(mux, "/start", func(ctx context.Context, _ struct{}) (any, error) {
		return done(errors.Join(c.h.Hub.Start(), c.h.AwaitHub(ctx)))
	})
	return mux
}

func done(err error) (any, error) { return struct{}{}, err }

// take registers one order.
func take[O any](mux *http.ServeMux, path string, do func(context.Context, O) (any, error)) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), orderTimeout)
		defer cancel()
		var o O
		answer, err := any(nil), json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&o)
		if err == nil {
			answer, err = do(ctx, o)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer) // the test may be gone
	})
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code is the last one-time code that was sent to a phone, "" if none was.
func (c *crew) code(phone string) (any, error) {
	told, err := c.h.Told(phone)
	if err != nil {
		return nil, err
	}
	last := ""
	for _, t := range told {
		if found := sixDigits.FindString(t.Text); found != "" {
			last = found
		}
	}
	return map[string]string{"code": last}, nil
}

// request is something a member of staff asks of the hub.
type request struct {
	Number string          `json:"number"`
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body"`
}

func (c *crew) as(ctx context.Context, o request) (any, error) {
	desk := c.desks[o.Number]
	if desk == nil {
		return nil, fmt.Errorf("nobody here has the number %q", o.Number)
	}
	var body any
	if len(o.Body) > 0 {
		body = o.Body
	}
	status, answer, err := desk.Ask(ctx, o.Method, o.Path, body)
	if err != nil {
		return nil, err
	}
	if len(answer) == 0 {
		answer = []byte("null")
	}
	return map[string]any{"status": status, "answer": json.RawMessage(answer)}, nil
}

func (c *crew) answer(ctx context.Context, o struct {
	Thread id.Thread `json:"thread"`
	Text   string    `json:"text"`
},
) (any, error) {
	if _, err := c.agent.Take(ctx, id.New[id.Command](c.h.IDs()), o.Thread); err != nil {
		return nil, err
	}
	return c.agent.Say(ctx, o.Thread, wire.SendRequest{ID: id.New[id.Message](c.h.IDs()), Kind: wire.MessageText, Text: o.Text})
}

func (c *crew) show(ctx context.Context, o struct {
	Thread id.Thread        `json:"thread"`
	Kind   wire.MessageKind `json:"kind"`
},
) (any, error) {
	name, content := "sign.jpg", []byte(nil)
	var err error
	if o.Kind == wire.MessageVoice {
		name, content = "voice.wav", talk.Voice(0, 2*time.Second)
	} else if content, err = talk.Picture(0); err != nil {
		return nil, err
	}
	media, err := c.agent.Upload(ctx, o.Thread, name, content)
	if err != nil {
		return nil, err
	}
	return c.agent.Say(ctx, o.Thread, wire.SendRequest{ID: id.New[id.Message](c.h.IDs()), Kind: o.Kind, Media: media.ID})
}
