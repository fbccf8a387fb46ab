package scenario_test

import (
	"testing"
	"time"

	"forecourt/house/internal/house"
	"forecourt/house/internal/scenario"
	"forecourt/house/internal/talk"
)

// A driver and an agent talk in text, pictures and voice while the hub is
// killed twice in the middle of it. Everything that was acknowledged is there
// once and in order, for the hub and on both screens; a tutorial arrives with
// its pictures; what is said to a driver who is away is kept and told; and the
// links are live again within a second of the hub's return.
func TestS054S055S056C016TalkSurvivesTheHubsDeath(t *testing.T) {
	dir := shortDir(t)
	h, err := house.Open(t.Context(), house.Options{Bin: programs(t), Dir: dir, Speed: 30, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	r, err := talk.Run(t.Context(), talk.Options{House: h, Each: 10, Kills: 2})
	if err != nil {
		t.Fatal(err)
	}
	if r.Kills != 2 || r.Sent == 0 || r.Sent != r.Stored || r.Texts == 0 || r.Pictures == 0 || r.Voices == 0 {
		t.Errorf("kills %d, sent %d, stored %d: texts %d, pictures %d, voices %d", r.Kills, r.Sent, r.Stored, r.Texts, r.Pictures, r.Voices)
	}
	if r.Notices != 1 || r.Tutorials != 1 || r.Thread.Rating == nil {
		t.Errorf("notices %d, tutorials %d, rating %v", r.Notices, r.Tutorials, r.Thread.Rating)
	}
	// The promises, with room for a machine that runs everything under the
	// race detector at once.
	if p95 := scenario.Percentile(r.Delivery, 95); p95 > time.Second {
		t.Errorf("a message was shown after %v", p95)
	}
	if p95 := scenario.Percentile(r.Back, 95); p95 > 3*time.Second {
		t.Errorf("the link was back after %v", p95)
	}
	noRaces(t, dir)
}
