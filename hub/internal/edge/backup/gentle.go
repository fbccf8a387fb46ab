package backup

import (
	"context"
	"io"
	"os"
	"time"

	"forecourt/hub/internal/platform/clock"
)

const (
	// restAfter and rest pace what is done beside a station that sells: so much
	// is copied, stored or read back, and then it rests, so that a settlement
	// that comes in waits for a few milliseconds of it at most. They bound how
	// fast a backup goes, at some 250 MB a second; longer rests bring the
	// settlements little and make it take several times as long.
	restAfter = 256 << 10
	rest      = time.Millisecond
)

// gentle rests now and then.
type gentle struct {
	ctx  context.Context
	done int
}

// did counts what was done, and rests when it is time.
func (g *gentle) did(n int) error {
	if g.done += n; g.done < restAfter {
		return nil
	}
	g.done = 0
	return clock.Sleep(g.ctx, rest)
}

// gentleWriter rests as it writes.
type gentleWriter struct {
	io.Writer
	gentle
}

// Write writes a piece.
func (g *gentleWriter) Write(b []byte) (int, error) {
	n, err := g.Writer.Write(b)
	if err == nil {
		err = g.did(n)
	}
	return n, err
}

// gentleFile rests as it is read.
type gentleFile struct {
	*os.File
	gentle
}

// Read reads a piece.
func (g *gentleFile) Read(b []byte) (int, error) {
	n, err := g.File.Read(b[:min(len(b), restAfter)])
	if err == nil {
		err = g.did(n)
	}
	return n, err
}

// gentleReader rests as it reads.
type gentleReader struct {
	io.ReadCloser
	gentle
}

// Read reads a piece.
func (g *gentleReader) Read(b []byte) (int, error) {
	n, err := g.ReadCloser.Read(b[:min(len(b), restAfter)])
	if err == nil {
		err = g.did(n)
	}
	return n, err
}
