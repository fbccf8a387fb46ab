package disaster

import (
	"bytes"
	"context"
	"fmt"

	"forecourt/house/internal/talk"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// album is the pictures that a driver sent to the station.
type album struct {
	driver *link.Driver
	thread id.Thread
	sent   []picture
}

// picture is one, as the hub gave it back when it was new.
type picture struct {
	media   id.Media
	content []byte
}

// maxPicture bounds a picture of talk.Picture.
const maxPicture = 4 << 20

// openAlbum has a driver begin a conversation with a picture.
func (d *disaster) openAlbum(ctx context.Context) (err error) {
	if d.album.driver, err = d.h.Driver(ctx, staying); err != nil {
		return err
	}
	thread, err := d.album.driver.OpenThread(ctx, wire.OpenThread{Station: d.station})
	if err != nil {
		return fmt.Errorf("opening a conversation: %w", err)
	}
	d.album.thread = thread.ID
	if _, err := d.album.driver.Say(ctx, thread.ID, wire.SendRequest{ID: id.New[id.Message](d.h.IDs()), Kind: wire.MessageText, Text: caption}); err != nil {
		return fmt.Errorf("beginning a conversation: %w", err)
	}
	return d.album.add(ctx, d.h.IDs())
}

// add sends one more picture.
func (a *album) add(ctx context.Context, ids *id.Maker) error {
	content, err := talk.Picture(len(a.sent))
	if err != nil {
		return err
	}
	media, err := a.driver.Upload(ctx, a.thread, "picture.jpg", content)
	if err != nil {
		return fmt.Errorf("sending a picture: %w", err)
	}
	if _, err := a.driver.Say(ctx, a.thread, wire.SendRequest{ID: id.New[id.Message](ids), Kind: wire.MessagePicture, Media: media.ID}); err != nil {
		return fmt.Errorf("sending a picture: %w", err)
	}
	kept, err := a.fetch(ctx, media.ID)
	if err != nil {
		return err
	}
	a.sent = append(a.sent, picture{media.ID, kept})
	return nil
}

func (a *album) fetch(ctx context.Context, media id.Media) ([]byte, error) {
	to, err := a.driver.MediaLink(ctx, media)
	if err != nil {
		return nil, fmt.Errorf("asking for a picture: %w", err)
	}
	content, err := a.driver.Fetch(ctx, to.URL, maxPicture)
	if err != nil {
		return nil, fmt.Errorf("fetching a picture: %w", err)
	}
	return content, nil
}

// lookThrough signs the driver in at the restored hub and counts the pictures
// that are there as they were. The one that is in the backup has to be.
func (d *disaster) lookThrough(ctx context.Context) (err error) {
	if d.album.driver, err = d.h.Driver(ctx, staying); err != nil {
		return err
	}
	d.report.Sent = len(d.album.sent)
	for i, p := range d.album.sent {
		content, err := d.album.fetch(ctx, p.media)
		if err == nil && bytes.Equal(content, p.content) {
			d.report.Pictures++
		} else if i == 0 {
			return fmt.Errorf("the picture that is in the backup is not there as it was: %v", err)
		}
	}
	return nil
}
