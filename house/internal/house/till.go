package house

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"forecourt/house/internal/process"
	"forecourt/shared/wire"
)

// Cashier enrols the till's window program, once, and prepares it. It needs a
// display when it is started.
func (h *House) Cashier(ctx context.Context) (*process.Program, error) {
	config := h.path("cashier.yaml")
	text := fmt.Sprintf("data: %s\nevent_log: %s\n", h.path("cashier"), h.path("cashier.events"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("preparing the till: %w", err)
	}
	window := h.program("cashier", "--config", config)
	if _, err := os.Stat(h.path("cashier/credentials.json")); err == nil {
		return window, nil
	}
	code, err := h.Code(ctx, wire.DeviceTill)
	if err != nil {
		return nil, err
	}
	_, err = process.Run(ctx, filepath.Join(h.opts.Bin, "cashier"), "enrol", code, "--config", config, "--hub", h.URL, "--name", "till 1")
	return window, err
}
