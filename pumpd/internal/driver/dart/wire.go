package dart

import (
	"context"
	"errors"
	"fmt"
	"time"

	"forecourt/pumpd/internal/driver"
)

// wire is the half-duplex line: one word, then the other side's answer, then
// a short silence.
type wire struct {
	line    driver.Line
	now     func() time.Time
	timings Timings
	decoder Decoder
	traffic Traffic
	// free is when the host may speak next.
	free time.Time
	buf  [256]byte
}

// quietWithin bounds how long send waits for strangers to stop talking.
const quietWithin = 200 * time.Millisecond

// ask sends a frame and waits for the answer from its address.
func (w *wire) ask(ctx context.Context, f Frame) (Frame, error) {
	n, err := w.send(ctx, f)
	if err != nil {
		return Frame{}, err
	}
	return w.receive(ctx, f.Address, n)
}

// send speaks once the line is quiet, and answers how many bytes it took.
// What came unasked is dropped: on this line it can only be late.
func (w *wire) send(ctx context.Context, f Frame) (int, error) {
	if err := w.hush(ctx); err != nil {
		return 0, err
	}
	w.line.Discard()
	w.decoder.Reset()
	raw := f.Append(nil)
	if err := w.line.Send(ctx, raw); err != nil {
		return 0, fmt.Errorf("sending %s: %w", f.Kind, err)
	}
	w.free = w.now().Add(w.timings.transmit(len(raw)) + w.timings.Gap)
	return len(raw), nil
}

// hush waits until the gap is over. Bytes that come meanwhile begin it anew.
func (w *wire) hush(ctx context.Context) error {
	end := w.now().Add(max(0, w.free.Sub(w.now())) + quietWithin)
	for {
		left := w.free.Sub(w.now())
		if left <= 0 || !w.now().Before(end) {
			return ctx.Err()
		}
		n, err := w.line.Receive(ctx, w.buf[:], left)
		switch {
		case errors.Is(err, driver.ErrNoAnswer):
			return ctx.Err()
		case err != nil:
			return fmt.Errorf("keeping the gap: %w", err)
		case n > 0:
			w.decoder.Counters.Junk += uint64(n)
			w.free = w.now().Add(w.timings.Gap)
		}
	}
}

// receive waits for one frame of the address. Nothing at all is
// driver.ErrNoAnswer; anything else that is no such frame driver.ErrGarbled.
func (w *wire) receive(ctx context.Context, address byte, sent int) (Frame, error) {
	first := w.now().Add(w.timings.transmit(sent) + w.timings.Answer)
	last := first.Add(w.timings.transmit(maxRaw))
	heard := false
	for {
		for f, ok := w.decoder.Next(); ok; f, ok = w.decoder.Next() {
			if f.Address == address && f.Kind != Poll && f.Kind != AckPoll {
				w.free = w.now().Add(w.timings.Gap)
				return f, nil
			}
			w.traffic.Strays++
		}
		left := first.Sub(w.now())
		if w.decoder.Pending() {
			left = max(left, w.timings.InterByte)
		}
		n := 0
		err := driver.ErrNoAnswer
		if left > 0 && w.now().Before(last) {
			n, err = w.line.Receive(ctx, w.buf[:], left)
		}
		switch {
		case errors.Is(err, driver.ErrNoAnswer):
			return Frame{}, w.silence(heard)
		case err != nil:
			return Frame{}, fmt.Errorf("receiving from %02X: %w", address, err)
		}
		heard = heard || n > 0
		_, _ = w.decoder.Write(w.buf[:n]) // never fails
	}
}

// silence names why nothing good came.
func (w *wire) silence(heard bool) error {
	if !heard {
		return driver.ErrNoAnswer
	}
	w.free = w.now().Add(w.timings.Gap)
	return driver.ErrGarbled
}

// tell sends a frame that nobody answers: ACK or NAK.
func (w *wire) tell(ctx context.Context, f Frame) error {
	_, err := w.send(ctx, f)
	return err
}
