package httpapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/wire"
)

const (
	// uploadField is the form's one field; wx.uploadFile sends no other kind
	// of body than a form.
	uploadField = "file"
	// formBytes is what a form adds to its file: boundaries and the headers
	// of the part, with a long name of the file in it.
	formBytes = 8 << 10
	// maxUploads bounds the uploads under way in this process: each holds up
	// to wire.MaxPictureBytes, and as much again while it is looked at.
	maxUploads = 8
	// maxUploadsEach bounds those of one person, so that nobody keeps the
	// others out.
	maxUploadsEach = 2
	// uploadPatience is how long a slow phone may take; the largest picture
	// needs 700 kbit/s for it.
	uploadPatience = time.Minute
	// uploadRetry is when somebody turned away may try again, in seconds.
	uploadRetry = "2"
)

// uploads counts what is being uploaded.
type uploads struct {
	patience time.Duration
	now      func() time.Time

	mu    sync.Mutex
	total int
	each  map[string]int
}

func newUploads(now func() time.Time) *uploads {
	return &uploads{patience: uploadPatience, now: now, each: map[string]int{}}
}

// begin takes a place, if there is one.
func (u *uploads) begin(who string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.total >= maxUploads || u.each[who] >= maxUploadsEach {
		return false
	}
	u.total++
	u.each[who]++
	return true
}

// end gives the place back.
func (u *uploads) end(who string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.total--
	if u.each[who]--; u.each[who] == 0 {
		delete(u.each, who)
	}
}

// uploadOp makes an operation one that takes a file. Its handler's input
// embeds fileInput.
func (a *api) uploadOp(op huma.Operation) huma.Operation {
	op.Middlewares = append(op.Middlewares, a.uploading)
	a.forms = append(a.forms, op.Path)
	return op
}

// describeForms says in the document what uploads carry. The library would read
// a body that it knows of, and all of it into memory.
func (a *api) describeForms() {
	for _, path := range a.forms {
		a.huma.OpenAPI().Paths[path].Post.RequestBody = &huma.RequestBody{
			Required: true,
			Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
				Type: huma.TypeObject, Required: []string{uploadField}, AdditionalProperties: false,
				Properties: map[string]*huma.Schema{uploadField: {
					Type: huma.TypeString, Format: "binary",
					Description: "A JPEG, PNG or WebP picture, or a WAV or MP3 recording. What it is, its content decides.",
				}},
			}}},
		}
	}
}

// uploading gives a request a place among the uploads and the time to use it:
// the connection's own limits are made for requests that fit a packet.
func (a *api) uploading(ctx huma.Context, next func(huma.Context)) {
	who := uploader(ctx.Context())
	if !a.uploads.begin(who) {
		ctx.SetHeader("Retry-After", uploadRetry)
		a.refuse(ctx, wire.NewProblem(wire.ProblemTooMany, "too many uploads at once"))
		return
	}
	defer a.uploads.end(who)
	_, w := humago.Unwrap(ctx)
	extend(w, a.uploads.now(), a.uploads.patience)
	next(ctx)
}

// extend gives a request more time than the server gives to all: patience to
// come in or go out, and after that as long as any other for the answer. A
// connection that cannot do that (a test's) has no limit to begin with.
func extend(w http.ResponseWriter, now time.Time, patience time.Duration) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(now.Add(patience))
	_ = control.SetWriteDeadline(now.Add(patience + writeTimeout))
}

// uploader names who is known by the guard before.
func uploader(ctx context.Context) string {
	if who, ok := ctx.Value(memberKey{}).(member.Actor); ok {
		return who.Member.String()
	}
	who, _ := ctx.Value(personKey{}).(staff.Actor)
	return who.Staff.String()
}

// fileInput is the file of an upload, not yet read.
type fileInput struct {
	kind   string
	body   io.Reader
	length int64
}

// Resolve keeps the body for the handler.
func (in *fileInput) Resolve(ctx huma.Context) []error {
	r, _ := humago.Unwrap(ctx)
	in.kind, in.body, in.length = r.Header.Get("Content-Type"), r.Body, r.ContentLength
	return nil
}

// threadUpload is a file for a conversation.
type threadUpload struct {
	OneThread
	fileInput
}

// read reads the file of a form that has one field, uploadField, and nothing
// else. What is wrong with it is a *wire.Problem.
func (in *fileInput) read() ([]byte, error) {
	kind, params, err := mime.ParseMediaType(in.kind)
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return nil, wire.NewProblem(wire.ProblemBadRequest, "an upload is multipart/form-data")
	}
	if in.length > wire.MaxPictureBytes+formBytes {
		return nil, tooLarge()
	}
	whole := &io.LimitedReader{R: in.body, N: wire.MaxPictureBytes + formBytes + 1}
	form := multipart.NewReader(whole, params["boundary"])
	part, err := form.NextPart()
	if err != nil {
		return nil, unreadable(err, whole)
	}
	if part.FormName() != uploadField {
		return nil, wire.NewProblem(wire.ProblemUnknownField, "the form has one field: "+uploadField)
	}
	content, err := in.content(part)
	if err != nil {
		return nil, unreadable(err, whole)
	}
	if len(content) > wire.MaxPictureBytes {
		return nil, tooLarge()
	}
	if _, err := form.NextPart(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = wire.NewProblem(wire.ProblemUnknownField, "the form has one field, and one file in it")
		}
		return nil, unreadable(err, whole)
	}
	return content, nil
}

// content reads a file into one buffer of the announced size, if there is one.
func (in *fileInput) content(part io.Reader) ([]byte, error) {
	var held bytes.Buffer
	if in.length > 0 {
		held.Grow(int(min(in.length, wire.MaxPictureBytes)) + bytes.MinRead)
	}
	_, err := held.ReadFrom(io.LimitReader(part, wire.MaxPictureBytes+1))
	return held.Bytes(), err
}

func tooLarge() error {
	return wire.NewProblem(wire.ProblemMediaLimit, "larger than any picture may be")
}

// unreadable says why a form could not be read to its end.
func unreadable(err error, whole *io.LimitedReader) error {
	var known *wire.Problem
	switch {
	case errors.As(err, &known):
		return known
	case whole.N <= 0:
		return tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return wire.NewProblem(wire.ProblemTooMany, "the upload took too long")
	}
	return wire.NewProblem(wire.ProblemBadRequest, "the form ended early or is not one")
}
