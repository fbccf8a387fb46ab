package till

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Credentials are what enrolment gave this till. They live in one file that
// only its owner may read.
type Credentials struct {
	// HubURL is where the hub is.
	HubURL string `json:"hub_url"`
	// Device and Name are this till.
	Device id.Device `json:"device"`
	Name   string    `json:"name"`
	// Station is where it belongs, StationName how it is called.
	Station     id.Station `json:"station"`
	StationName string     `json:"station_name"`
	// Token authenticates the till.
	Token string `json:"token"`
	// CA is the hub's certificate authority, PEM; it and no other is trusted.
	CA string `json:"ca"`
}

// ErrNotATill says that the code was made for another kind of device.
var ErrNotATill = errors.New("till: the code enrols another kind of device")

// NewCredentials keeps what the hub answered to an enrolment.
func NewCredentials(hubURL, name string, reply wire.EnrolReply) (Credentials, error) {
	if reply.Kind != wire.DeviceTill {
		return Credentials{}, fmt.Errorf("%w (%s)", ErrNotATill, reply.Kind)
	}
	return Credentials{
		HubURL: hubURL, Device: reply.Device, Name: name, Station: reply.Station,
		StationName: reply.StationName, Token: reply.Token, CA: reply.CA,
	}, nil
}

// ReadCredentials reads the file; ok is false if there is none yet.
func ReadCredentials(path string) (c Credentials, ok bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Credentials{}, false, nil
	}
	if err != nil {
		return Credentials{}, false, fmt.Errorf("reading credentials: %w", err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return Credentials{}, false, fmt.Errorf("reading credentials in %s: %w", path, err)
	}
	if c.Token == "" || c.HubURL == "" {
		return Credentials{}, false, fmt.Errorf("reading credentials in %s: no token or no hub", path)
	}
	return c, true, nil
}

// Write replaces the file as a whole; a crash leaves the old or the new one.
func (c Credentials) Write(path string) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("writing credentials: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("writing credentials: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".credentials-*")
	if err != nil {
		return fmt.Errorf("writing credentials: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("writing credentials: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("writing credentials: %w", err)
	}
	return nil
}
