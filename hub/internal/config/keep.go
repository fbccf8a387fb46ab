package config

import (
	"fmt"
	"time"
)

// Bounds of how long a member is kept who neither comes nor signs in: at least
// so long that a driver who fuels twice a year stays known, at most what a
// station's own trade records ask for (accounting files, 10 years).
const (
	defaultKeepMembers = 3 * 365 * 24 * time.Hour
	minKeepMembers     = 180 * 24 * time.Hour
	maxKeepMembers     = 10 * 366 * 24 * time.Hour
)

func (c *Config) checkKeep() error {
	if d := c.Keep.Members; d < minKeepMembers || d > maxKeepMembers {
		return fmt.Errorf("keep.members: %v is not between %v and %v", d, minKeepMembers, maxKeepMembers)
	}
	return nil
}
