package house

import (
	"context"
	"fmt"
	"time"
)

// Await asks again and again, every so often, until ok answers true or an error,
// at most a minute and a half, which is also how long a program may take to start.
func Await(ctx context.Context, what string, every time.Duration, ok func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		done, err := ok()
		if err != nil || done {
			return err
		}
		if Pause(ctx, every) != nil {
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		}
	}
}

// Pause waits, or answers why ctx ended before.
func Pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
