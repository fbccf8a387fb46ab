package archive

import "io"

// NewSmallWriter is NewWriter with parts of another size.
func NewSmallWriter(name string, to Recipients, cut func(key string) (io.WriteCloser, error), partBytes int64) (*Writer, error) {
	return newWriter(name, to, cut, partBytes)
}

// What tests need to make up what this package would never write.
var (
	Bech32  = bech32
	Frame   = frame
	Unframe = unframe
	Pack    = pack

	OpenUnsealed = openUnsealed
)

// SignManifest and SignSegment sign anything at all.
func (s Signer) SignManifest(body string) (string, error) {
	return s.sign(manifestContext, []byte(body))
}

// SignSegment signs anything at all.
func (s Signer) SignSegment(body string) (string, error) { return s.sign(segmentContext, []byte(body)) }
