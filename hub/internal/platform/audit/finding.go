package audit

import (
	"fmt"

	"forecourt/shared/id"
)

// Fault is what is wrong with a log.
type Fault string

// The faults.
const (
	// FaultChanged: a row is not what was sealed.
	FaultChanged Fault = "changed"
	// FaultDeleted: a row that was sealed is gone.
	FaultDeleted Fault = "deleted"
	// FaultInserted: a row stands there that was never sealed there, or was
	// not written by the hub.
	FaultInserted Fault = "inserted"
	// FaultReordered: a row stands in another's place.
	FaultReordered Fault = "reordered"
	// FaultCut: rows are missing at the end.
	FaultCut Fault = "cut"
	// FaultTree: the hashes are not those of the rows.
	FaultTree Fault = "tree"
	// FaultRewritten: rows and hashes agree, but not with what was signed.
	FaultRewritten Fault = "rewritten"
	// FaultSignature: a checkpoint is not signed with the hub's key.
	FaultSignature Fault = "signature"
)

// Finding is the first thing that is wrong with a log. It is an error.
type Finding struct {
	Fault Fault
	// Seq is the number of the first bad row, from 1; with Last, it is one of
	// Seq to Last.
	Seq, Last uint64
	// Row is the row's id, where there is one.
	Row id.LogRow
	// What says more.
	What string
}

// Error says what was found, and where.
func (f *Finding) Error() string {
	place := fmt.Sprintf("row %d", f.Seq)
	if f.Last > f.Seq {
		place = fmt.Sprintf("one of rows %d to %d", f.Seq, f.Last)
	}
	if !f.Row.IsZero() {
		place += " (" + f.Row.String() + ")"
	}
	return fmt.Sprintf("%s: %s: %s", place, f.Fault, f.What)
}
