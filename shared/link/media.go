package link

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	"forecourt/shared/wire"
)

// fileTimeout bounds sending or fetching a picture or recording: the largest
// takes a minute at 700 kbit/s.
const fileTimeout = 90 * time.Second

// FormFile is the name of the field that carries an upload.
const FormFile = "file"

// file is an upload.
type file struct {
	name    string
	content []byte
}

// form is the upload as multipart/form-data, and its media type.
func (f *file) form() (io.Reader, string, error) {
	var text bytes.Buffer
	form := multipart.NewWriter(&text)
	field, err := form.CreateFormFile(FormFile, f.name)
	if err != nil {
		return nil, "", err
	}
	if _, err := field.Write(f.content); err != nil {
		return nil, "", err
	}
	err = form.Close()
	return &text, form.FormDataContentType(), err
}

// upload sends a picture or recording. Only what it contains counts, its name
// is for the log of whoever is between.
func upload(ctx context.Context, c *caller, r request, name string, content []byte) (wire.Media, error) {
	r.file = &file{name, content}
	return call[wire.Media](ctx, c, r)
}

// Fetch reads what a wire.MediaLink leads to, of at most limit bytes. The link
// carries its own signature: nothing else of the caller is told.
func (a *access) Fetch(ctx context.Context, link string, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	target, err := a.locate(link)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, errors.New("link: fetching: not a media link")
	}
	content, err := a.ask(req, limit)
	if err != nil {
		return nil, fmt.Errorf("link: GET %s: %w", target.Path, err)
	}
	return content, nil
}

// locate makes a link of this hub absolute. Another host's is refused.
func (a *access) locate(link string) (*url.URL, error) {
	relative, err := url.Parse(link)
	if err != nil || relative.IsAbs() || relative.Host != "" || relative.Path == "" {
		return nil, errors.New("link: fetching: not a media link of this hub")
	}
	target := a.base.JoinPath(relative.Path)
	target.RawQuery = relative.RawQuery
	return target, nil
}
