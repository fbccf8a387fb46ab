package station

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Widths of what is said of a station, in characters; they are the columns'.
const (
	maxName    = 60
	maxCity    = 40
	maxAddress = 120
	maxPhone   = 30
)

// Bounds of a place, in millionths of a degree.
const (
	MaxLatitudeE6  = 90_000_000
	MaxLongitudeE6 = 180_000_000
)

// CleanSite is a site as it is kept: without blanks around its texts. The error
// says in words what is wrong with it.
func CleanSite(s wire.Site) (wire.Site, error) {
	for _, text := range []*string{&s.Name, &s.City, &s.Address, &s.Phone} {
		*text = strings.TrimSpace(*text)
	}
	if s.Name == "" {
		return s, errors.New("a station has a name")
	}
	for what, field := range map[string]struct {
		text string
		most int
	}{"name": {s.Name, maxName}, "city": {s.City, maxCity}, "address": {s.Address, maxAddress}, "phone number": {s.Phone, maxPhone}} {
		if !fits(field.text, field.most) {
			return s, fmt.Errorf("a station's %s is at most %d characters that can be shown", what, field.most)
		}
	}
	if strings.ContainsFunc(s.Phone, func(r rune) bool { return !strings.ContainsRune("0123456789+-() ", r) }) {
		return s, errors.New("a phone number is digits, with + - ( ) and blanks between them")
	}
	if p := s.Place; p != nil && (outside(p.LatitudeE6, MaxLatitudeE6) || outside(p.LongitudeE6, MaxLongitudeE6)) {
		return s, errors.New("a place is at most 90 degrees north or south and 180 degrees east or west")
	}
	return s, nil
}

// fits reports whether a text is one line of at most so many characters.
func fits(text string, most int) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= most && !strings.ContainsFunc(text, unicode.IsControl)
}

func outside(value, most int) bool { return value < -most || value > most }

// Degrees reads an angle as maps write it, "25.040600" or "-0.5", as
// millionths of a degree: at most six decimals, and at most most either way.
func Degrees(text string, most int) (e6 int, err error) {
	wrong := fmt.Errorf("station: %q is no angle in degrees with at most six decimals", text)
	whole, decimals, dotted := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if whole == "" || len(whole) > 3 || len(decimals) > 6 || dotted && decimals == "" {
		return 0, wrong
	}
	digits := whole + decimals + strings.Repeat("0", 6-len(decimals))
	if strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, wrong
	}
	if e6, err = strconv.Atoi(digits); err != nil {
		return 0, wrong
	}
	if strings.HasPrefix(text, "-") {
		e6 = -e6
	}
	if outside(e6, most) {
		return 0, fmt.Errorf("station: %q is more than %d degrees", text, most/1_000_000)
	}
	return e6, nil
}

// Sited is a station and where it is.
type Sited struct {
	ID   id.Station
	Site wire.Site
}

// siteRow is what a row of table station says of where it is.
type siteRow struct {
	ID        id.Station
	Name      string
	City      string
	Address   string
	Phone     string
	Latitude  sql.NullInt32 `db:"latitude_e6"`
	Longitude sql.NullInt32 `db:"longitude_e6"`
}

func (r siteRow) sited() Sited {
	s := Sited{r.ID, wire.Site{Name: r.Name, City: r.City, Address: r.Address, Phone: r.Phone}}
	if r.Latitude.Valid && r.Longitude.Valid {
		s.Site.Place = &wire.Place{LatitudeE6: int(r.Latitude.Int32), LongitudeE6: int(r.Longitude.Int32)}
	}
	return s
}

const siteQuery = "SELECT id, name, city, address, phone, latitude_e6, longitude_e6 FROM station"

// SiteOf reads where a station is, or answers ErrNone.
func SiteOf(ctx context.Context, q sqlx.QueryerContext, station id.Station) (wire.Site, error) {
	var row siteRow
	err := sqlx.GetContext(ctx, q, &row, siteQuery+" WHERE id = ?", station)
	if errors.Is(err, sql.ErrNoRows) {
		return wire.Site{}, fmt.Errorf("%w: station %s", ErrNone, station)
	}
	if err != nil {
		return wire.Site{}, fmt.Errorf("reading where station %s is: %w", station, err)
	}
	return row.sited().Site, nil
}

// Sites lists the stations and where they are, by the order of their setting
// up.
func Sites(ctx context.Context, q sqlx.QueryerContext) ([]Sited, error) {
	var rows []siteRow
	if err := sqlx.SelectContext(ctx, q, &rows, siteQuery+" ORDER BY id"); err != nil {
		return nil, fmt.Errorf("reading where the stations are: %w", err)
	}
	list := make([]Sited, len(rows))
	for i, row := range rows {
		list[i] = row.sited()
	}
	return list, nil
}

// SetSite stores where a station is, as CleanSite left it.
func SetSite(ctx context.Context, tx sqlx.ExecerContext, station id.Station, s wire.Site) error {
	var latitude, longitude any
	if s.Place != nil {
		latitude, longitude = s.Place.LatitudeE6, s.Place.LongitudeE6
	}
	_, err := tx.ExecContext(ctx, `UPDATE station SET name = ?, city = ?, address = ?, phone = ?,
			latitude_e6 = ?, longitude_e6 = ? WHERE id = ?`,
		s.Name, s.City, s.Address, s.Phone, latitude, longitude, station)
	if err != nil {
		return fmt.Errorf("storing where station %s is: %w", station, err)
	}
	return nil
}
