package setup

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path"

	"github.com/goccy/go-yaml"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	petrolsql "forecourt/sql"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Reply is a reply kept ready for support agents, as a file describes it.
type Reply struct {
	Title string      `yaml:"title"`
	Keys  string      `yaml:"keys"`
	Parts []ReplyPart `yaml:"parts"`
}

// ReplyPart is a paragraph, or a picture by its file's name beside the
// description.
type ReplyPart struct {
	Text    string `yaml:"text"`
	Picture string `yaml:"picture"`
}

// Replies reads a description of replies kept ready. An unknown key is an error.
func Replies(text []byte) ([]Reply, error) {
	var file struct {
		Canned []Reply `yaml:"canned"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&file); err != nil {
		return nil, fmt.Errorf("reading a description of replies: %w", err)
	}
	return file.Canned, nil
}

// DemoReplies are those of the demonstration station, and where their pictures
// lie.
func DemoReplies() ([]Reply, fs.FS, error) {
	dir, err := fs.Sub(petrolsql.Demo, path.Dir(petrolsql.DemoReplies))
	if err != nil {
		return nil, nil, fmt.Errorf("opening the demonstration's replies: %w", err)
	}
	text, err := fs.ReadFile(dir, path.Base(petrolsql.DemoReplies))
	if err != nil {
		return nil, nil, fmt.Errorf("opening the demonstration's replies: %w", err)
	}
	replies, err := Replies(text)
	return replies, dir, err
}

// Support is what loading replies asks of package flow.
type Support interface {
	CannedReplies(ctx context.Context, at id.Station) (wire.CannedList, error)
	UploadTutorial(ctx context.Context, who staff.Actor, content []byte) (wire.Media, error)
	PutCanned(ctx context.Context, who staff.Actor, key id.Command, which id.Canned, req wire.CannedRequest) (wire.Canned, error)
}

// Load keeps replies ready, as the station's head would: one whose title is
// known replaces the one there is, so that a file can be loaded again.
// Pictures are read from dir.
func Load(ctx context.Context, s Support, head staff.Actor, ids *id.Maker, replies []Reply, dir fs.FS) error {
	known, err := s.CannedReplies(ctx, head.Station)
	if err != nil {
		return err
	}
	byTitle := map[string]id.Canned{}
	for _, c := range known.Canned {
		byTitle[c.Title] = c.ID
	}
	for _, r := range replies {
		req := wire.CannedRequest{Title: r.Title, Keys: r.Keys}
		if req.Parts, err = upload(ctx, s, head, r.Parts, dir); err != nil {
			return fmt.Errorf("reply %q: %w", r.Title, err)
		}
		if _, err := s.PutCanned(ctx, head, id.New[id.Command](ids), byTitle[r.Title], req); err != nil {
			return fmt.Errorf("reply %q: %w", r.Title, err)
		}
	}
	return nil
}

// upload turns a reply's parts into what the hub keeps.
func upload(ctx context.Context, s Support, head staff.Actor, parts []ReplyPart, dir fs.FS) ([]wire.CannedPart, error) {
	kept := make([]wire.CannedPart, len(parts))
	for i, p := range parts {
		kept[i].Text = p.Text
		if p.Picture == "" {
			continue
		}
		content, err := fs.ReadFile(dir, p.Picture)
		if err != nil {
			return nil, fmt.Errorf("reading picture %s: %w", p.Picture, err)
		}
		media, err := s.UploadTutorial(ctx, head, content)
		if err != nil {
			return nil, fmt.Errorf("keeping picture %s: %w", p.Picture, err)
		}
		kept[i].Picture = media.ID
	}
	return kept, nil
}

// HeadOf is the station's head in whose name an operator loads replies: the
// first by number who is active.
func HeadOf(ctx context.Context, people *staff.Store, at station.Station) (staff.Actor, error) {
	list, err := people.List(ctx, at.ID)
	if err != nil {
		return staff.Actor{}, err
	}
	for _, p := range list {
		if p.Role == wire.RoleHead && p.Active {
			return staff.Actor{Staff: p.Staff, Number: p.Number, Name: p.Name, Role: p.Role, Station: at.ID}, nil
		}
	}
	return staff.Actor{}, fmt.Errorf("station %s has no head who could keep replies ready", at.Name)
}
