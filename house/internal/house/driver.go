package house

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// Told is one thing that the hub told somebody by text message: here it is
// written to a file.
type Told struct {
	Kind  string `json:"kind"`
	Phone string `json:"phone"`
	Text  string `json:"text"`
}

// notices is where the hub writes what a real station sends by text message.
func (h *House) notices() string { return h.path("notices.ndjson") }

// Told is everything that a number was told so far, oldest first.
func (h *House) Told(phone string) ([]Told, error) {
	f, err := os.Open(h.notices())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what was told: %w", err)
	}
	defer f.Close()
	var all []Told
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var t Told
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			return nil, fmt.Errorf("reading what was told: %w", err)
		}
		if t.Phone == phone {
			all = append(all, t)
		}
	}
	return all, lines.Err()
}

// code finds a one-time code in a text message.
var code = regexp.MustCompile(`\b\d{6}\b`)

// Driver signs a driver in by number and one-time code, as the mini-program's
// browser pages do.
func (h *House) Driver(ctx context.Context, phone string) (*link.Driver, error) {
	driver, err := h.Stranger()
	if err != nil {
		return nil, err
	}
	word, err := h.CodeFor(ctx, driver, phone)
	if err != nil {
		return nil, err
	}
	_, err = driver.Login(ctx, wire.DriverLogin{Phone: phone, Code: word})
	return driver, err
}

// Stranger is a driver's phone that nobody has signed in on.
func (h *House) Stranger() (*link.Driver, error) {
	if err := h.trust(); err != nil {
		return nil, err
	}
	return link.NewDriver(link.Options{BaseURL: h.URL, CA: h.ca, Now: time.Now, Random: rand.Reader})
}

// CodeFor has a one-time code sent to a number and reads it there.
func (h *House) CodeFor(ctx context.Context, driver *link.Driver, phone string) (string, error) {
	before, err := h.Told(phone)
	if err != nil {
		return "", err
	}
	if _, err := driver.SendCode(ctx, phone); err != nil {
		return "", fmt.Errorf("asking for a code: %w", err)
	}
	for {
		told, err := h.Told(phone)
		if err != nil {
			return "", err
		}
		if len(told) > len(before) {
			return code.FindString(told[len(told)-1].Text), nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("waiting for a code: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// NozzleCodes is what the stickers at the nozzles say, by nozzle number.
func (h *House) NozzleCodes(ctx context.Context) (map[int]string, error) {
	out, err := h.hub(ctx, append([]string{"nozzle-codes"}, h.which()...)...)
	if err != nil {
		return nil, err
	}
	codes := map[int]string{}
	for line := range strings.Lines(out) {
		var number int
		var sticker string
		if _, err := fmt.Sscan(line, &number, &sticker); err == nil {
			codes[number] = sticker
		}
	}
	return codes, nil
}
