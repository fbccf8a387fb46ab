package place

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// exact reads exactly so many bytes of r: fewer or more are ErrSize. It says so
// before the last byte is out, so that nobody stores what is not all there is.
type exact struct {
	r    io.Reader
	left int64
}

func (e *exact) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, e.end()
	}
	if int64(len(p)) > e.left {
		p = p[:e.left]
	}
	n, err := e.r.Read(p)
	e.left -= int64(n)
	if err == io.EOF && e.left > 0 {
		return 0, fmt.Errorf("%w: %d bytes fewer", ErrSize, e.left)
	}
	if e.left > 0 {
		return n, err
	}
	if err == nil || err == io.EOF {
		err = e.end()
	}
	if err != io.EOF {
		return 0, err
	}
	return n, nil
}

// end is io.EOF if r has ended.
func (e *exact) end() error {
	var more [1]byte
	n, err := io.ReadFull(e.r, more[:])
	if n > 0 {
		return fmt.Errorf("%w: more bytes", ErrSize)
	}
	return err
}

// watch ends a context when nothing has moved for too long.
type watch struct {
	ctx   context.Context
	end   context.CancelCauseFunc
	after time.Duration

	mu     sync.Mutex
	timer  *time.Timer
	paused bool
}

// newWatch begins to watch. Call stop at the end.
func newWatch(ctx context.Context, after time.Duration) *watch {
	ctx, end := context.WithCancelCause(ctx)
	timer := time.AfterFunc(after, func() { end(fmt.Errorf("%w: %v", ErrStalled, after)) })
	return &watch{ctx: ctx, end: end, after: after, timer: timer}
}

// moved says that something did. It ends a pause.
func (w *watch) moved() { w.reset(true) }

// touched says that something did; a pause goes on.
func (w *watch) touched() { w.reset(false) }

func (w *watch) reset(again bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paused = w.paused && !again
	if !w.paused {
		w.timer.Reset(w.after)
	}
}

// pause stops the watch until moved: nobody waits.
func (w *watch) pause() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paused = true
	w.timer.Stop()
}

// stop ends the watch and its context.
func (w *watch) stop() {
	w.pause()
	w.end(nil)
}

// why puts before err why the context ended, if that was it.
func (w *watch) why(err error) error {
	if cause := context.Cause(w.ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

// sending reads r on behalf of a library that may still read when it has
// returned already: after finish it does not read any more.
type sending struct {
	mu   sync.Mutex
	r    io.Reader
	w    *watch
	last error // why r could not be read
	over bool
}

func (s *sending) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return 0, io.ErrClosedPipe
	}
	if err := context.Cause(s.w.ctx); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	s.w.moved()
	if err != nil && err != io.EOF {
		s.last = err
	}
	return n, err
}

// finish ends the reading. If that had failed, it is why the sending failed.
func (s *sending) finish(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	if s.last != nil {
		return s.last
	}
	return err
}

// opened is an object that is being read. The watch runs only while somebody
// waits: a reader may take its time.
type opened struct {
	r     io.Reader
	left  int64 // what is still to come
	w     *watch
	close func(err error) error // given the last error of reading
	last  error
}

// Read reads on. An object that ends before its size is an
// io.ErrUnexpectedEOF.
func (o *opened) Read(p []byte) (int, error) {
	if err := context.Cause(o.w.ctx); err != nil {
		return 0, err
	}
	o.w.moved()
	n, err := o.r.Read(p)
	o.w.pause()
	o.left -= int64(n)
	switch {
	case err == io.EOF && o.left > 0:
		err = io.ErrUnexpectedEOF
	case err == io.EOF && o.left < 0:
		err = ErrSize
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("reading an object: %w", o.w.why(err))
		o.last = err
	}
	return n, err
}

// Close ends the reading.
func (o *opened) Close() error {
	defer o.w.stop()
	return o.close(o.last)
}

// within reads r until ctx ends.
type within struct {
	ctx context.Context
	r   io.Reader
}

func (r within) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
