// Package archive is the format of backups: how a set, its parts and the
// segments of the log are written, signed, sealed and read back. It works on
// readers and writers and knows neither places nor the database.
//
// What it promises:
//
//   - A component is one stream: compressed (zstd), sealed to public keys (age)
//     and cut into parts. Without a secret key nothing of it can be read.
//   - Whoever read a component to its end has the bytes that were written, all
//     of them and no others. Anything else is an error, which names the part
//     and says whether it is missing, cut, altered or another part.
//   - A manifest and a segment are signed by the hub. One that was made up, put
//     together from others, or altered by a bit is refused.
//   - A segment's name says which stretch of the log it is and is signed with
//     what is in it, so that one left out, repeated or exchanged is found.
//   - Memory is bounded whatever the size of the data, and whatever is in what
//     is read.
//   - Nothing is opened that this package would not have written: names, sizes
//     and counts are checked before they are used.
//
// A component can be opened by hand with the secret key and nothing of ours:
//
//	cat database.*.zst.age | age -d -i key.txt | zstd -d
package archive

import (
	"errors"
	"fmt"
	"regexp"
)

// Format is the number of the format that this hub writes, and the newest that
// it reads. It rises when an older hub could not restore what is written.
const Format = 1

// Limits of the format. They bound what is read before anything is known of it.
const (
	// PartBytes is the size of a part: small enough to be sent again after a
	// broken connection, large enough that a set has few of them.
	PartBytes = 64 << 20
	// MaxParts is how many parts a component may have, 625 GiB, because a
	// part's number has four digits.
	MaxParts = 9999
	// MaxManifestBytes bounds a manifest. One of 1,000,000 sales has 30 KiB.
	MaxManifestBytes = 16 << 20
	// MaxComponents and MaxTables bound the lists of a manifest.
	MaxComponents = 16
	// MaxTables is far above what the schema has.
	MaxTables = 10_000
	// MaxRecipients is how many keys a set may be sealed to.
	MaxRecipients = 16
	// MaxEventBytes bounds one event of the log; the database does not take a
	// statement or a row above 16 MiB.
	MaxEventBytes = 64 << 20
	// MaxSegmentBytes bounds the events of one segment in clear, because a
	// segment is written and read in memory.
	MaxSegmentBytes = 128 << 20
)

// Names of a set's components.
const (
	Database = "database" // the database server's own files, as a stream
	Tail     = "tail"     // the log from the copy to the set's moment
	Keys     = "keys"     // the hub's keys, wrapped
	MediaIn  = "media"    // the pictures and recordings
	Dump     = "dump"     // statements that any MariaDB takes
)

// Errors of reading.
var (
	// ErrFormat says that something is of a format that this hub does not
	// read: made by a newer one.
	ErrFormat = errors.New("archive: made by a newer hub, in a format that this one does not read")
	// ErrSignature says that something is not what this hub's key signed.
	ErrSignature = errors.New("archive: the signature is not this hub's")
	// ErrWrongKey says that no secret key opens what it was tried on.
	ErrWrongKey = errors.New("archive: none of the secret keys opens it")
	// ErrDamaged says that something is not what was written.
	ErrDamaged = errors.New("archive: damaged")
	// ErrTooLarge says that something is above a limit of the format.
	ErrTooLarge = errors.New("archive: above a limit of the format")
)

// Where things lie at a place.
const (
	// SetPrefix begins the keys of all sets.
	SetPrefix = "sets/"
	// LogPrefix begins the keys of all segments.
	LogPrefix = "log/"
	// ManifestName is the manifest's name in its set. It is written last: a
	// set without it is not there.
	ManifestName = "manifest.json"

	sealedSuffix = ".zst.age"
)

var (
	ulidText      = regexp.MustCompile(`^[0-7][0-9A-HJKMNP-TV-Z]{25}$`)
	componentName = regexp.MustCompile(`^[a-z]{1,20}$`)
)

// SetKey is the key of something in a set: sets/<set>/<name>.
func SetKey(set, name string) string { return SetPrefix + set + "/" + name }

// PartKey is the key below its set of a component's n-th part, from 1.
func PartKey(component string, n int) string {
	return fmt.Sprintf("%s.%04d%s", component, n, sealedSuffix)
}
