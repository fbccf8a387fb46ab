package archive

import (
	"errors"
	"fmt"
	"io/fs"
)

// PartFault is what is wrong with a part.
type PartFault string

// What can be wrong with a part.
const (
	PartMissing PartFault = "missing" // it is not there
	PartCut     PartFault = "cut"     // its end is missing
	PartAltered PartFault = "altered" // it holds other bytes
	PartSwapped PartFault = "swapped" // it holds the bytes of another part
)

// ErrMissing says that a part is not there. The functions that open parts may
// return it; fs.ErrNotExist means the same. Any other error of theirs is a
// place's trouble and says nothing of the part.
var ErrMissing = errors.New("archive: it is not there")

// ErrPart says what is wrong with a part of a component. It is found with
// errors.As.
type ErrPart struct {
	// Key is the part's key below the set.
	Key string
	// What is wrong.
	What PartFault
	// Detail says more, in English.
	Detail string
}

// Error implements error.
func (e ErrPart) Error() string {
	text := fmt.Sprintf("archive: part %s is %s", e.Key, e.What)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Is says that a part at fault is ErrDamaged.
func (e ErrPart) Is(target error) bool { return target == ErrDamaged }

// openFault is what an error of opening a part means.
func openFault(key string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrMissing) {
		return ErrPart{Key: key, What: PartMissing}
	}
	return fmt.Errorf("opening part %s: %w", key, err)
}
