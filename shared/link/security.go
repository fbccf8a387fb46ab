package link

import (
	"context"
	"io"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// SearchLog reads a page of the security log, newest first.
func (c *Client) SearchLog(ctx context.Context, query wire.LogQuery) (wire.LogPage, error) {
	return call[wire.LogPage](ctx, &c.caller, post("v1", "log", "search").with(query))
}

// LogState reads how well the log is kept.
func (c *Client) LogState(ctx context.Context) (wire.LogState, error) {
	return call[wire.LogState](ctx, &c.caller, get("v1", "log", "state"))
}

// ExportLog writes the rows of the log that a query asks for to w, as CSV, and
// returns how many bytes it wrote. After an error they are not all there.
func (c *Client) ExportLog(ctx context.Context, query wire.LogQuery, w io.Writer) (int64, error) {
	return c.copyTo(ctx, post("v1", "log", "export").with(query), w)
}

// AlertQuery selects alerts; zero fields do not select.
type AlertQuery struct {
	// Open asks for those that nobody has taken note of.
	Open bool
	// Before asks for the page of alerts older than this one.
	Before id.Alert
}

// Alerts reads a page of alerts, newest first.
func (c *Client) Alerts(ctx context.Context, query AlertQuery) (wire.AlertList, error) {
	open := ""
	if query.Open {
		open = "true"
	}
	return call[wire.AlertList](ctx, &c.caller, get("v1", "alerts").where(selected("before", query.Before.String(), "open", open)))
}

// NoteAlert says that the caller has taken note of an alert.
func (c *Client) NoteAlert(ctx context.Context, key id.Command, which id.Alert) (wire.Alert, error) {
	return command[wire.Alert](ctx, &c.caller, key, post("v1", "alerts", which.String(), "seen"))
}

// KeyRing reads the keys and their state.
func (c *Client) KeyRing(ctx context.Context) (wire.KeyRing, error) {
	return call[wire.KeyRing](ctx, &c.caller, get("v1", "keys"))
}

// RotateKeys begins to seal with a new key.
func (c *Client) RotateKeys(ctx context.Context, key id.Command) (wire.KeyRing, error) {
	return command[wire.KeyRing](ctx, &c.caller, key, post("v1", "keys", "rotation"))
}
