package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"forecourt/hub/internal/flow"
	"forecourt/shared/wire"
)

var (
	// errUnknownField says that a fact has a field this hub does not know; it
	// may change the meaning of the others.
	errUnknownField = errors.New("ingest: the fact has a field this hub does not know")
	// errNotFact says that a frame is no fact that an honest pumpd sends.
	errNotFact = errors.New("ingest: not a fact")
)

// Decode reads a fact strictly: a kind this hub knows, a number, a body with
// known fields only and the id of what it is about. Figures are not judged
// here; flow quarantines what does not agree.
func Decode(f wire.Frame) (flow.Fact, error) {
	fact := flow.Fact{Seq: f.Seq, At: f.At, Kind: f.K}
	if wire.Kinds[f.K].Class != wire.ClassFact {
		return fact, fmt.Errorf("%w: kind %q", errNotFact, f.K)
	}
	if f.Seq == 0 {
		return fact, fmt.Errorf("%w: no number", errNotFact)
	}
	if body := bytes.TrimSpace(f.D); len(body) == 0 || body[0] != '{' {
		return fact, fmt.Errorf("%w: no body", errNotFact)
	}
	var named bool
	var err error
	fact.Body, named, err = read(f.K, f.D)
	switch {
	case err != nil && strings.Contains(err.Error(), "unknown field"):
		return fact, fmt.Errorf("%w: %w", errUnknownField, err)
	case err != nil:
		return fact, err
	case !named:
		return fact, fmt.Errorf("%w: it does not say what it is about", errNotFact)
	}
	return fact, nil
}

// read decodes the body of a kind of fact. named is whether it carries the id
// of what it is about.
func read(k wire.Kind, d json.RawMessage) (body any, named bool, err error) {
	switch k {
	case wire.KindSaleStarted:
		b, err := wire.ReadStrict[wire.SaleStarted](d)
		return b, !b.Sale.IsZero(), err
	case wire.KindSaleEnded:
		b, err := wire.ReadStrict[wire.SaleEnded](d)
		return b, !b.Sale.IsZero(), err
	case wire.KindGap:
		b, err := wire.ReadStrict[wire.Gap](d)
		return b, !b.Sale.IsZero(), err
	case wire.KindPriceApplied:
		b, err := wire.ReadStrict[wire.PriceApplied](d)
		return b, !b.PriceSet.IsZero(), err
	case wire.KindAuthorization:
		b, err := wire.ReadStrict[wire.AuthorizationUsed](d)
		return b, !b.Authorization.IsZero(), err
	}
	return nil, false, fmt.Errorf("%w: kind %q", errNotFact, k)
}
