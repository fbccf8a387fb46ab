package main

import (
	"context"
	"fmt"
	"strings"

	"forecourt/house/internal/house"
	"forecourt/house/internal/privacy"
)

// share shows one member as each role receives them, and the log verified:
// sound, and with one byte changed.
func share(ctx context.Context, bin, dir string) error {
	h, err := house.Open(ctx, house.Options{Bin: bin, Dir: dir, Speed: 30, Seed: 7})
	if err != nil {
		return err
	}
	defer h.Close()
	r, err := privacy.Run(ctx, h)
	for _, a := range r.Answers {
		fmt.Printf("%-9s GET %s\n    %d %s\n", a.Role, a.Question, a.Status, a.Pretty())
	}
	fmt.Printf("raw search            %d MiB of the hub's files and of all logs: no name, phone, plate or model, of members or staff\n", r.Searched>>20)
	fmt.Printf("hub verify\n%s", indented(r.Sound))
	if r.Broken != "" {
		fmt.Printf("one byte of row %d changed in the database; hub verify\n%s", r.Row, indented(r.Broken))
	}
	if err != nil {
		return err
	}
	return r.Check()
}

func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		b.WriteString("    " + line)
	}
	return b.String()
}
