package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"forecourt/house/internal/process"
)

// Size of the screen: the smallest a till has.
const screenSize = "1366x768x24"

// screen is a virtual display with a window manager.
type screen struct {
	display  string
	programs []*process.Program
}

// openScreen starts Xvfb on a display that is free, and openbox on it.
func openScreen(ctx context.Context, dir string) (*screen, error) {
	s := &screen{}
	number := filepath.Join(dir, "display")
	if err := s.start(dir, "sh", "-c", "exec Xvfb -displayfd 3 -screen 0 "+screenSize+" +extension GLX -nolisten tcp 3>"+number); err != nil {
		return nil, err
	}
	for s.display == "" {
		if text, err := os.ReadFile(number); err == nil && strings.HasSuffix(string(text), "\n") {
			s.display = ":" + strings.TrimSpace(string(text))
			break
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			s.close()
			return nil, fmt.Errorf("starting a display: %w", err)
		}
	}
	if err := s.start(dir, "openbox"); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *screen) start(dir, name string, args ...string) error {
	path, err := findProgram(name)
	if err != nil {
		return err
	}
	p := &process.Program{Name: name, Path: path, Args: args, Env: []string{"DISPLAY=" + s.display}, Log: filepath.Join(dir, name+".log")}
	if err := p.Start(); err != nil {
		return err
	}
	s.programs = append(s.programs, p)
	return nil
}

func findProgram(name string) (string, error) {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed (make screenshots installs it)", name)
}

func (s *screen) close() {
	for i := len(s.programs) - 1; i >= 0; i-- {
		_ = s.programs[i].Stop() // what does not end in time was killed
	}
}

// shoot photographs the whole screen.
func (s *screen) shoot(ctx context.Context, path string) error {
	_, err := process.Run(ctx, "import", "-display", s.display, "-window", "root", path)
	return err
}

// window is the till on the screen.
type window struct {
	screen  *screen
	program *process.Program
	events  string
	read    int64 // how far await has come
}

// openWindow starts the till with a data directory of its own.
func (s *session) openWindow(ctx context.Context, name string, env ...string) (*window, error) {
	program, err := s.h.Cashier(ctx)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(s.h.Dir(), "cashier-"+name)
	w := &window{screen: s.screen, program: program, events: data + ".events"}
	program.Log = data + ".log"
	program.Env = append([]string{
		"DISPLAY=" + s.screen.display, "FORECOURT_CASHIER_FULLSCREEN=true",
		"FORECOURT_CASHIER_DATA=" + data, "FORECOURT_CASHIER_LOG=" + w.events,
		"FORECOURT_CASHIER_CREDENTIALS=" + filepath.Join(s.h.Dir(), "cashier", "credentials.json"),
	}, env...)
	if err := program.Start(); err != nil {
		return nil, err
	}
	if err := w.await(ctx, "window open"); err != nil {
		w.close()
		return nil, err
	}
	return w, pause(ctx, time.Second) // the window manager takes its time
}

func (w *window) close() { _ = w.program.Stop() }

// keys presses keys, one after the other.
func (w *window) keys(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := w.xdotool(ctx, "key", key); err != nil {
			return err
		}
	}
	return nil
}

// text types plain characters.
func (w *window) text(ctx context.Context, text string) error {
	return w.xdotool(ctx, "type", "--delay", "40", text)
}

func (w *window) xdotool(ctx context.Context, args ...string) error {
	xdotool, err := findProgram("xdotool")
	if err != nil {
		return err
	}
	if _, err := process.Run(ctx, "env", append([]string{"DISPLAY=" + w.screen.display, xdotool}, args...)...); err != nil {
		return err
	}
	return pause(ctx, 150*time.Millisecond)
}

// await waits until the till has written an event since the last one awaited.
func (w *window) await(ctx context.Context, event string) error {
	ctx, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()
	for {
		found, err := w.seek(event)
		if found || err != nil {
			return err
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("waiting for %q (last words: %s): %w", event, w.program.LastWords(), err)
		}
	}
}

// seek reads on in the event log.
func (w *window) seek(event string) (bool, error) {
	f, err := os.Open(w.events)
	if os.IsNotExist(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the till's events: %w", err)
	}
	defer f.Close()
	if _, err := f.Seek(w.read, 0); err != nil {
		return false, err
	}
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return false, nil // the rest of the line is still to come
		}
		w.read += int64(len(line))
		var e struct {
			Msg string `json:"msg"`
		}
		if json.Unmarshal([]byte(line), &e) == nil && e.Msg == event {
			return true, nil
		}
	}
}
