package config

import "testing"

func TestSecondFactorIsOfferedOrRequired(t *testing.T) {
	for value, good := range map[string]bool{"offer": true, "required": true, "": false, "yes": false} {
		c := Default()
		c.Staff.SecondFactor = value
		if err := c.Check(); (err == nil) != good {
			t.Errorf("staff.second_factor %q: %v", value, err)
		}
	}
	if c := Default(); c.Staff.SecondFactor != SecondFactorOffer {
		t.Errorf("the default is %q", c.Staff.SecondFactor)
	}
}
