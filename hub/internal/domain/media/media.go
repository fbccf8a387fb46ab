// Package media keeps the pictures and recordings that people send in
// conversations and put into tutorials.
//
// # What it promises
//
//   - What something is, is decided by its content alone: never by a name or a
//     header that came with it. Anything but a JPEG, PNG or WebP picture and a
//     WAV or MP3 recording is refused, and so is what is too large or too long.
//   - Only the picture or the sound is kept. A picture is decoded and encoded
//     anew, turned upright; a recording is cut down to its samples or frames.
//     Where and with what it was taken, tags, and whatever else a file carries
//     before, between or behind are gone.
//   - An object is sealed before it leaves the process, with a key of its own,
//     and bound to its id: a stolen store says nothing, and an object put in
//     another's place does not open. That key is sealed with the key of the
//     member whose conversation it is, and gone with it.
//   - The object is durable before its row exists, and what a crash leaves
//     between the two is swept away (table media_orphan). Half an object is
//     never read.
//   - A link works for a few minutes and for one object.
//
// Decoding is bounded: decodes at once, pixels, scans. Where objects lie is
// behind Objects.
package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// The types of content that are kept.
const (
	TypeJPEG = "image/jpeg"
	TypePNG  = "image/png"
	TypeWebP = "image/webp" // taken, and kept as JPEG or PNG
	TypeWAV  = "audio/wav"
	TypeMP3  = "audio/mpeg"
)

// MaxUpload bounds an upload of any kind, in bytes.
const MaxUpload = max(wire.MaxPictureBytes, wire.MaxVoiceBytes)

// voiceSlack is how much longer than wire.MaxVoiceMS a recording may be: an
// encoder fills its last frame and adds its own delay, so a minute recorded is
// always a little more than a minute.
const voiceSlack = 500 * time.Millisecond

// ErrNoObject says that the object store has nothing under a key. Objects.Get
// wraps it.
var ErrNoObject = errors.New("media: no such object")

// ErrTooLarge says that an object is larger than the limit it is read with.
// Objects.Get wraps it.
var ErrTooLarge = errors.New("media: object is larger than the limit")

// Objects is where objects lie. Keys are made by Store: letters, digits, "/"
// and ".". Implementations are safe for concurrent use and
// bound the time a call takes.
type Objects interface {
	// Put stores an object. Once it returns nil the object is durable and
	// whole; otherwise there is none or the one from before.
	Put(ctx context.Context, key string, content []byte) error
	// Get reads an object of at most limit bytes, or answers ErrNoObject or
	// ErrTooLarge.
	Get(ctx context.Context, key string, limit int64) ([]byte, error)
	// Delete removes an object; that there is none is no error.
	Delete(ctx context.Context, key string) error
}

// Owner is whose an upload is.
type Owner struct {
	// Station is the station whose conversation or tutorial it is for.
	Station id.Station
	// Thread is the conversation; zero for a picture of the station's tutorials.
	Thread id.Thread
	// Subject is the member whose conversation that is, whoever sends what:
	// with their key everything in it is gone.
	Subject id.Member
	// Member or Staff is who uploaded it.
	Member id.Member
	Staff  id.Staff
}

// Item is an upload with its owner.
type Item struct {
	wire.Media
	Owner Owner
}

// Found is what a content was found to be.
type Found struct {
	// Kind and Type are what it is: picture, "image/jpeg".
	Kind wire.MediaKind
	Type string
	// Width and Height are a picture's, upright, in pixels.
	Width, Height int
	// Duration is a recording's.
	Duration time.Duration

	// memory is how many bytes a picture takes while it is worked on.
	memory int
}

// Inspect finds out what content is and holds it against the limits, without
// reading a picture's pixels. It answers wire.ProblemMediaType for what is not
// taken at all and wire.ProblemMediaLimit for what is too large, too long or
// too short.
func Inspect(content []byte) (Found, error) {
	if len(content) > MaxUpload {
		return Found{}, limit("%d bytes, at most %d", len(content), MaxUpload)
	}
	switch kind := sniff(content); kind {
	case TypeJPEG, TypePNG, TypeWebP:
		return inspectPicture(kind, content)
	case TypeWAV, TypeMP3:
		found, _, err := inspectVoice(kind, content)
		return found, err
	}
	return Found{}, unknown("no known beginning")
}

// sniff tells the type from the first bytes, or answers "".
func sniff(content []byte) string {
	switch {
	case bytes.HasPrefix(content, []byte("\xff\xd8\xff")):
		return TypeJPEG
	case bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")):
		return TypePNG
	case bytes.HasPrefix(content, []byte("RIFF")) && len(content) >= 12:
		switch string(content[8:12]) {
		case "WEBP":
			return TypeWebP
		case "WAVE":
			return TypeWAV
		}
	case startsMP3(content):
		return TypeMP3
	}
	return ""
}

// inspectVoice measures a recording. The second answer is the recording and
// nothing else.
func inspectVoice(kind string, content []byte) (Found, []byte, error) {
	if len(content) > wire.MaxVoiceBytes {
		return Found{}, nil, limit("a recording of %d bytes, at most %d", len(content), wire.MaxVoiceBytes)
	}
	read := readMP3
	if kind == TypeWAV {
		read = readWAV
	}
	duration, clean, err := read(content)
	if err != nil {
		return Found{}, nil, err
	}
	const shortest, longest = wire.MinVoiceMS * time.Millisecond, wire.MaxVoiceMS * time.Millisecond
	if duration < shortest || duration > longest+voiceSlack {
		return Found{}, nil, limit("a recording of %s, from %s to %s", duration.Round(time.Millisecond), shortest, longest)
	}
	return Found{Kind: wire.MediaVoice, Type: kind, Duration: duration}, clean, nil
}

// limit is the refusal of something too large, too long or too short.
func limit(format string, args ...any) error {
	return wire.NewProblem(wire.ProblemMediaLimit, fmt.Sprintf(format, args...))
}

// unknown is the refusal of something that is not taken, whatever its size.
func unknown(format string, args ...any) error {
	return wire.NewProblem(wire.ProblemMediaType, fmt.Sprintf(format, args...))
}
