package link

import (
	"testing"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestEveryCallAboutBackupsGoesWhereItsContractSays(t *testing.T) {
	ctx, key := t.Context(), id.New[id.Command](testIDs)
	k, at := key.String(), time.Date(2026, 12, 1, 6, 3, 27, 0, time.UTC)
	const restore = "01JD5ZP3M0000000000000000R"
	checkCalls(t, []officeCall{
		{"backups", func(c *Client) (any, error) { return c.Backups(ctx) }, seenRequest{Method: "GET", Path: "/v1/backups"}},
		{"schedule", func(c *Client) (any, error) {
			return c.SetBackupSchedule(ctx, key, wire.BackupSchedule{Every: wire.BackupWeekly, At: "03:30", Weekday: 1})
		}, seenRequest{Method: "PUT", Path: "/v1/backups/schedule", Key: k, Body: `{"every":"weekly","at":"03:30","weekday":1}`}},
		{"make", func(c *Client) (any, error) { return c.MakeBackup(ctx, key) }, seenRequest{Method: "POST", Path: "/v1/backups", Key: k}},
		{
			"verify", func(c *Client) (any, error) { return c.VerifyBackups(ctx, key) },
			seenRequest{Method: "POST", Path: "/v1/backups/verification", Key: k},
		},
		{
			"drill", func(c *Client) (any, error) { return c.DrillBackup(ctx, key, wire.DrillAsk{Set: "01JD"}) },
			seenRequest{Method: "POST", Path: "/v1/backups/drills", Key: k, Body: `{"set":"01JD"}`},
		},
		{
			"restore", func(c *Client) (any, error) { return c.Restore(ctx, key, wire.RestoreAsk{Set: "01JD", At: at}) },
			seenRequest{Method: "POST", Path: "/v1/backups/restore", Key: k, Body: `{"set":"01JD","at":"2026-12-01T06:03:27Z"}`},
		},
		{
			"switch", func(c *Client) (any, error) { return c.SwitchToRestored(ctx, key, restore) },
			seenRequest{Method: "POST", Path: "/v1/backups/restore/" + restore + "/switch", Key: k},
		},
		{
			"put away", func(c *Client) (any, error) { return c.PutRestoreAway(ctx, key, restore) },
			seenRequest{Method: "DELETE", Path: "/v1/backups/restore/" + restore, Key: k},
		},
	})
}
