package setup

import (
	"context"
	"encoding/base32"
	"fmt"
	"io"
	"strings"
	"time"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// DemoPassword is everybody's at the demonstration station.
const DemoPassword = "forecourt"

// Defaults fill what a plan leaves out.
type Defaults struct {
	Zone    string
	Minimum unit.Millilitre
}

// Deps is what setting up works with.
type Deps struct {
	DB    *mysql.DB
	Staff *staff.Store
	Now   func() time.Time
	IDs   *id.Maker
	// MustChange has everybody choose a password of their own when they first
	// sign in.
	MustChange bool
	// Defaults come from the hub's configuration.
	Defaults Defaults
}

// Account is somebody entered with a first password.
type Account struct {
	Person
	Password string
}

// Install sets a plan's station up. password makes the first password of each
// member of staff; the accounts are for showing once.
func Install(ctx context.Context, d Deps, p Plan, password func() (string, error)) (id.Station, []Account, error) {
	layout, err := p.layout(d.Defaults, d.IDs, d.Now())
	if err != nil {
		return id.Station{}, nil, fmt.Errorf("checking the station's description: %w", err)
	}
	accounts := make([]Account, len(p.Staff))
	for i, person := range p.Staff {
		if accounts[i], err = account(person, password); err != nil {
			return id.Station{}, nil, err
		}
	}
	err = d.DB.InTx(ctx, "setting a station up", func(ctx context.Context, tx *mysql.Tx) error {
		if err := station.Install(ctx, tx, layout); err != nil {
			return err
		}
		for _, a := range accounts {
			_, err := d.Staff.Add(ctx, tx, staff.NewPerson{
				Station: layout.Station.ID, Number: a.Number, Name: a.Name, Role: a.Role, Password: a.Password,
				MustChange: d.MustChange,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return id.Station{}, nil, err
	}
	return layout.Station.ID, accounts, nil
}

// passwordTries is how often a first password is made anew that would be
// refused: a random one may hold somebody's number by chance.
const passwordTries = 20

// account makes somebody's first password.
func account(p Person, password func() (string, error)) (Account, error) {
	for try := 1; ; try++ {
		secret, err := password()
		if err != nil {
			return Account{}, err
		}
		if staff.CheckPassword(secret, p.Number, p.Role) == nil || try == passwordTries {
			return Account{Person: p, Password: secret}, nil
		}
	}
}

// FixedPassword gives everybody the same.
func FixedPassword(password string) func() (string, error) {
	return func() (string, error) { return password, nil }
}

// RandomPassword gives everybody their own, ten letters and digits (50 bits)
// that can be read aloud.
func RandomPassword(random io.Reader) func() (string, error) {
	return func() (string, error) {
		raw := make([]byte, 10)
		if _, err := io.ReadFull(random, raw); err != nil {
			return "", fmt.Errorf("reading randomness for a password: %w", err)
		}
		return strings.ToLower(base32.StdEncoding.EncodeToString(raw)[:10]), nil
	}
}

// Stations lists the stations of the database by the order of their setting up.
func Stations(ctx context.Context, db *mysql.DB) ([]station.Station, error) {
	var list []station.Station
	err := db.SelectContext(ctx, &list,
		"SELECT id, name, zone, minimum_ml, want_rev, price_set, created_at FROM station ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("listing stations: %w", err)
	}
	return list, nil
}
