package link

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Enrol exchanges a one-time code for a device's credentials. The code is
// "ABCD-EFGH-JKLM.<SHA-256 of the hub's authority, hexadecimal>"; during this
// one call the hub is recognised by that fingerprint, and so is the authority
// it returns. To a hub on plain loopback the fingerprint may be missing.
func Enrol(ctx context.Context, baseURL, code, name string) (wire.EnrolReply, error) {
	base, err := parseBase(baseURL)
	if err != nil {
		return wire.EnrolReply{}, err
	}
	word, printed, marked := strings.Cut(strings.TrimSpace(code), ".")
	var sum [sha256.Size]byte
	if marked || base.Scheme == "https" {
		if sum, err = parseFingerprint(printed); err != nil {
			return wire.EnrolReply{}, fmt.Errorf("link: enrolment code: %w", err)
		}
	}
	dial := patient((&net.Dialer{}).DialContext, func() time.Duration { return dialTimeout })
	transport := newTransport(pinned(base.Hostname(), sum), dial)
	defer transport.CloseIdleConnections()
	c := caller{base: base, http: newHTTP(transport), session: new(atomic.Pointer[string])}
	var reply wire.EnrolReply
	err = c.do(ctx, post("v1", "enrol").with(wire.EnrolRequest{Code: word, Name: name}), &reply)
	if err == nil && marked && (base.Scheme == "https" || reply.CA != "") {
		err = checkAuthority(reply.CA, sum)
	}
	if err != nil {
		return wire.EnrolReply{}, fmt.Errorf("link: enrolling: %w", err)
	}
	return reply, nil
}

func get(path ...string) request  { return request{method: http.MethodGet, path: path} }
func post(path ...string) request { return request{method: http.MethodPost, path: path} }
func put(path ...string) request  { return request{method: http.MethodPut, path: path} }
func drop(path ...string) request { return request{method: http.MethodDelete, path: path} }

func (r request) with(body any) request { r.body = body; return r }

func (r request) as(key id.Command) request { r.key = key; return r }

// call makes a request whose answer is a T.
func call[T any](ctx context.Context, c *caller, r request) (T, error) {
	var out T
	if err := c.do(ctx, r, &out); err != nil {
		var none T
		return none, err
	}
	return out, nil
}

// command makes a request that must carry a key its sender has saved.
func command[T any](ctx context.Context, c *caller, key id.Command, r request) (T, error) {
	if key.IsZero() {
		var none T
		return none, errors.New("link: a command needs a key")
	}
	return call[T](ctx, c, r.as(key))
}

// Login opens a person's session at this till. Later calls are theirs.
func (c *Client) Login(ctx context.Context, login wire.LoginRequest) (wire.Session, error) {
	r := post("v1", "login").with(login)
	r.login = true
	session, err := call[wire.Session](ctx, &c.caller, r)
	if err == nil {
		c.session.Store(&session.Token)
	}
	return session, err
}

// Logout ends the session. The token is forgotten here even if the hub could
// not be told; it then expires by itself.
func (c *Client) Logout(ctx context.Context) error {
	err := c.do(ctx, post("v1", "logout"), nil)
	c.session.Store(nil)
	return err
}

// Ticket takes a ticket for one socket.
func (c *Client) Ticket(ctx context.Context) (wire.Ticket, error) {
	return call[wire.Ticket](ctx, &c.caller, c.tickets)
}

// Pay takes money for a sale; the key is also the payment attempt's id.
func (c *Client) Pay(ctx context.Context, key id.Command, sale id.Sale, pay wire.PayRequest) (wire.Sale, error) {
	return command[wire.Sale](ctx, &c.caller, key, post("v1", "sales", sale.String(), "payments").with(pay))
}

// Resolve takes a sale off the open list without money.
func (c *Client) Resolve(ctx context.Context, key id.Command, sale id.Sale, resolve wire.ResolveRequest) (wire.Sale, error) {
	return command[wire.Sale](ctx, &c.caller, key, post("v1", "sales", sale.String(), "resolution").with(resolve))
}

// Authorize permits one delivery on a nozzle, by its number.
func (c *Client) Authorize(ctx context.Context, key id.Command, nozzle int, authorize wire.AuthorizeRequest) (wire.Authorization, error) {
	return command[wire.Authorization](ctx, &c.caller, key, onNozzle(nozzle, "authorization").with(authorize))
}

// SetHold pauses, stops or releases one nozzle.
func (c *Client) SetHold(ctx context.Context, key id.Command, nozzle int, hold wire.HoldRequest) (wire.Done, error) {
	return command[wire.Done](ctx, &c.caller, key, onNozzle(nozzle, "hold").with(hold))
}

// SetHoldAll pauses, stops or releases every nozzle of the station.
func (c *Client) SetHoldAll(ctx context.Context, key id.Command, hold wire.HoldRequest) (wire.Done, error) {
	return command[wire.Done](ctx, &c.caller, key, post("v1", "station", "hold").with(hold))
}

// SetMode changes who lets a nozzle dispense.
func (c *Client) SetMode(ctx context.Context, key id.Command, nozzle int, mode wire.ModeRequest) (wire.Done, error) {
	return command[wire.Done](ctx, &c.caller, key, onNozzle(nozzle, "mode").with(mode))
}

// SetPrices sets new prices for the grades named.
func (c *Client) SetPrices(ctx context.Context, key id.Command, prices wire.PriceRequest) (wire.Done, error) {
	return command[wire.Done](ctx, &c.caller, key, post("v1", "prices").with(prices))
}

func onNozzle(nozzle int, what string) request {
	return post("v1", "nozzles", strconv.Itoa(nozzle), what)
}

// SaleQuery selects sales; zero fields do not select.
type SaleQuery struct {
	// State is where they stand, Nozzle the nozzle's number.
	State  wire.SaleState
	Nozzle int
	// Before asks for the page of sales older than this one.
	Before id.Sale
	// Limit bounds the page; zero leaves it to the hub.
	Limit int
}

func (q SaleQuery) values() url.Values {
	return selected(
		"state", string(q.State), "nozzle", number(q.Nozzle), "before", q.Before.String(), "limit", number(q.Limit),
	)
}

// selected is a query of name and value by turns; an empty value does not
// select.
func selected(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values
}

// number writes a number that selects; zero does not.
func number[N int | uint64](n N) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(n), 10)
}

func (r request) where(query url.Values) request { r.query = query; return r }

// Sales reads a page of sales, newest first.
func (c *Client) Sales(ctx context.Context, query SaleQuery) (wire.SaleList, error) {
	return call[wire.SaleList](ctx, &c.caller, get("v1", "sales").where(query.values()))
}

// Sale reads one sale.
func (c *Client) Sale(ctx context.Context, sale id.Sale) (wire.Sale, error) {
	return call[wire.Sale](ctx, &c.caller, get("v1", "sales", sale.String()))
}

// Prices reads the price board.
func (c *Client) Prices(ctx context.Context) (wire.PriceBoard, error) {
	return call[wire.PriceBoard](ctx, &c.caller, get("v1", "prices"))
}

// Proofs reads the totalizer proof of every nozzle.
func (c *Client) Proofs(ctx context.Context) ([]wire.NozzleProof, error) {
	return call[[]wire.NozzleProof](ctx, &c.caller, get("v1", "proofs"))
}
