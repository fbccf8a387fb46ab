package simulator

import (
	"strings"
	"time"

	"forecourt/pumpd/internal/driver/pts"
)

// setting answers what is not about pumps: settings are remembered as they
// were set, lists are empty, the rest is accepted.
func (c *PTS) setting(p pts.Packet) pts.Packet {
	kind := p.Type()
	answer := pts.Requests()[kind]
	if name, ok := strings.CutPrefix(kind, "Set"); ok && answer == "" {
		if p.Data() != nil && name != "DateTime" { // the clock is the simulation's
			c.settings[name] = p
		}
		return p.Accept()
	}
	if answer == "" {
		return p.Accept()
	}
	if set, ok := c.settings[answer]; ok && strings.HasPrefix(kind, "Get") {
		out := answerWith(p, answer, nil)
		out["Data"] = set["Data"]
		return out
	}
	return answerWith(p, answer, c.factorySetting(answer))
}

// factorySetting is what the controller answers before anything was set.
func (c *PTS) factorySetting(name string) any {
	switch name {
	case "UniqueIdentifier":
		return struct{ Id string }{c.config.ID} //nolint:revive // the protocol's own spelling
	case "ConfigurationIdentifier":
		return struct{ Id string }{"00000001"} //nolint:revive // the protocol's own spelling
	case "SystemDecimalDigits":
		return struct{ Price, Amount, Volume, AmountTotal, VolumeTotal int }{2, 2, 2, 2, 2}
	case "DateTime":
		now := c.config.Now().In(c.config.Zone)
		_, east := now.Zone()
		return struct {
			DateTime        pts.WallTime
			AutoSynchronize bool
			UTCOffset       int
		}{c.wall(now), true, int(time.Duration(east) * time.Second / time.Minute)}
	case "FirmwareInformation":
		return struct{ BootloaderVersion, DateTime string }{"simulated", "2025-11-04T00:00:00"}
	case "ControllerType":
		return struct{ Type string }{"simulated PTS-2"}
	}
	if strings.HasPrefix(name, "Report") || strings.HasSuffix(name, "List") {
		return []struct{}{}
	}
	return struct{}{}
}
