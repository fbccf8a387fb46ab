package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"forecourt/house/internal/house"
	"forecourt/house/internal/scenario"
	"forecourt/house/internal/talk"
)

// Promises of the chat.
const (
	goalDelivery = time.Second // said to shown, when both are connected
	goalBack     = time.Second // network return to live state with gap fill
)

// converse lets a driver and an agent talk across restarts of the hub.
func converse(ctx context.Context, bin, dir string) error {
	h, err := house.Open(ctx, house.Options{Bin: bin, Dir: dir, Speed: 4, Seed: 7})
	if err != nil {
		return err
	}
	defer h.Close()
	began := time.Now()
	r, err := talk.Run(ctx, talk.Options{House: h, Each: 20, Kills: 2, Progress: os.Stdout})
	if err != nil {
		return err
	}
	delivery, back := scenario.Percentile(r.Delivery, 95), scenario.Percentile(r.Back, 95)
	fmt.Printf("chat                  sent %d, stored %d: texts %d, pictures %d, voices %d, tutorials %d; hub killed %d times\n",
		r.Sent, r.Stored, r.Texts, r.Pictures, r.Voices, r.Tutorials, r.Kills)
	fmt.Printf("said to shown         p50 %v, p95 %v over %d messages (goal p95 <= %v)\n",
		scenario.Percentile(r.Delivery, 50).Round(10*time.Microsecond), delivery.Round(10*time.Microsecond), len(r.Delivery), goalDelivery)
	fmt.Printf("live after restart    p95 %v over %d links (goal p95 <= %v)\n", back.Round(time.Millisecond), len(r.Back), goalBack)
	fmt.Printf("offline driver told   %d; rated %d stars; took %v\n", r.Notices, r.Thread.Rating.Stars, time.Since(began).Round(time.Second))
	switch {
	case r.Sent == 0 || r.Sent != r.Stored:
		return fmt.Errorf("%d messages were sent and %d stored", r.Sent, r.Stored)
	case r.Texts == 0 || r.Pictures == 0 || r.Voices == 0 || r.Tutorials == 0 || r.Notices == 0:
		return fmt.Errorf("not every kind of message was there")
	case delivery > goalDelivery || back > goalBack:
		return fmt.Errorf("delivery took %v, coming back %v", delivery, back)
	}
	return nil
}
