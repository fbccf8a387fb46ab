package config

import "fmt"

// Who needs a second factor.
const (
	SecondFactorOffer    = "offer"
	SecondFactorRequired = "required"
)

// Staff says how people sign in.
type Staff struct {
	SecondFactor string `yaml:"second_factor" env:"FORECOURT_STAFF_SECOND_FACTOR" doc:"offer (whoever wants signs in with a code of their phone as well) or required (heads and group managers set it up before anything else)"`
}

// defaultStaff asks nothing that a station has not prepared for.
func defaultStaff() Staff { return Staff{SecondFactor: SecondFactorOffer} }

func (c *Config) checkStaff() error {
	switch c.Staff.SecondFactor {
	case SecondFactorOffer, SecondFactorRequired:
		return nil
	}
	return fmt.Errorf("staff.second_factor: %q is neither %s nor %s", c.Staff.SecondFactor, SecondFactorOffer, SecondFactorRequired)
}
