package httpapi

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// MediaServer is what the API asks of package media to serve a signed link.
type MediaServer interface {
	// Admit checks the signature of a link and its time.
	Admit(m id.Media, thumb bool, until, signature string) error
	// Read is the content, whole, and its media type.
	Read(ctx context.Context, m id.Media, thumb bool) (content []byte, kind string, err error)
}

const (
	// maxServings bounds the pictures and recordings held in memory for those
	// who fetch them.
	maxServings = 64
	// servingPatience is how long a slow phone may take for one.
	servingPatience = time.Minute
	// mediaPolicy lets a browser do nothing with what was uploaded but show it.
	mediaPolicy = "default-src 'none'; sandbox"
	// mediaCaching is as long as a link is good.
	mediaCaching = "private, max-age=300"
)

// fileName is what a browser calls a file that is saved: nothing of who sent
// it, or what they called it.
func fileName(kind string) string {
	switch kind {
	case "image/jpeg":
		return "picture.jpg"
	case "image/png":
		return "picture.png"
	case "image/webp":
		return "picture.webp"
	case "audio/mpeg":
		return "voice.mp3"
	case "audio/wav", "audio/x-wav", "audio/wave":
		return "voice.wav"
	}
	return "file"
}

// media registers the addresses of signed links. Who has one is served: it was
// given to a party of the conversation moments ago.
func (a *api) media() {
	a.serveMedia("media", "/v1/media/{media}", "Fetch a picture or recording by its signed link", false)
	a.serveMedia("thumb", "/v1/media/{media}/thumb", "Fetch a picture's small copy by its signed link", true)
}

type mediaInput struct {
	OneMedia
	Until     string `query:"until" maxLength:"20" doc:"When the link ends; part of the link."`
	Signature string `query:"sig" maxLength:"100" doc:"The link's signature; part of the link."`
}

func (a *api) serveMedia(name, path, summary string, thumb bool) {
	op := huma.Operation{
		OperationID: name, Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"media"},
		Middlewares: huma.Middlewares{a.serving},
		Responses: map[string]*huma.Response{"200": {
			Description: "The content; parts of it by Range",
			Content: map[string]*huma.MediaType{
				"image/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
				"audio/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
			},
		}},
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *mediaInput) (*huma.StreamResponse, error) {
		if err := a.deps.Media.Admit(in.Media, thumb, in.Until, in.Signature); err != nil {
			return nil, err
		}
		content, kind, err := a.deps.Media.Read(ctx, in.Media, thumb)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			r, w := humago.Unwrap(ctx)
			extend(w, a.deps.Now(), servingPatience)
			show(w, r, content, kind)
		}}, nil
	})
}

// show sends content, or the range of it that is asked for.
func show(w http.ResponseWriter, r *http.Request, content []byte, kind string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `inline; filename="`+fileName(kind)+`"`)
	h.Set("Cache-Control", mediaCaching)
	h.Set("Content-Security-Policy", mediaPolicy)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// serving bounds how many are served at once.
func (a *api) serving(ctx huma.Context, next func(huma.Context)) {
	select {
	case a.servings <- struct{}{}:
		defer func() { <-a.servings }()
		next(ctx)
	default:
		ctx.SetHeader("Retry-After", uploadRetry)
		a.refuse(ctx, wire.NewProblem(wire.ProblemTooMany, "too many pictures are being fetched"))
	}
}
