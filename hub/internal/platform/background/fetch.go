package background

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Fetch reads a file into memory and leaves it there, for a program that would
// read it less gently. told hears of the bytes as they come.
func Fetch(ctx context.Context, path string, told func(int64)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it is only read
	const whole = 0
	_ = unix.Fadvise(int(f.Fd()), 0, whole, unix.FADV_RANDOM) // nothing is read ahead
	piece := make([]byte, askedBytes)
	for ctx.Err() == nil {
		n, err := f.Read(piece)
		told(int64(n))
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Room is how many bytes may be fetched without pushing out what others need:
// half of the memory that the system could give away. It is 0 where the system
// does not say (proc_meminfo(5), MemAvailable).
func Room() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	return room(string(text))
}

func room(meminfo string) int64 {
	var available int64
	for line := range strings.Lines(meminfo) {
		if _, err := fmt.Sscanf(line, "MemAvailable: %d kB", &available); err == nil {
			break
		}
	}
	const kib, half = 1 << 10, 2
	return available * kib / half
}
