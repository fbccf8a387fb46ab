package audit

import (
	"database/sql"
	"encoding/binary"

	"golang.org/x/mod/sumdb/tlog"
)

// canonicalV1 begins the canonical form of a row. A later form begins with
// another byte; this one is read for ever.
const canonicalV1 = 1

// raw is a row as the database has it, for hashing: what is NULL and what is
// empty are not the same, and bytes that the hub would never write are kept.
type raw struct {
	n                                      sql.NullInt64
	id                                     []byte
	at                                     sql.NullTime
	station, staff, member                 []byte
	action, object, objectID, result, note []byte
	digest                                 []byte
}

// rawColumns is a raw row, in the order of fields.
const rawColumns = "a.n, a.id, a.at, a.station, a.staff, a.member, a.action, a.object, a.object_id, a.result, a.note, a.digest"

// fields is where a row is scanned into.
func (r *raw) fields() []any {
	return []any{
		&r.n, &r.id, &r.at, &r.station, &r.staff, &r.member, &r.action, &r.object, &r.objectID, &r.result, &r.note, &r.digest,
	}
}

// canonical appends the row's canonical form, version 1: the byte 1; n and the
// milliseconds of at since 1970 UTC, eight bytes each, big endian; then id,
// station, staff, member, action, object, object_id, result, note and digest,
// each as four bytes of length, big endian, and its bytes, NULL having the
// length 2^32-1 and no bytes. No two rows have the same form.
func (r *raw) canonical(to []byte) []byte {
	to = append(to, canonicalV1)
	to = binary.BigEndian.AppendUint64(to, uint64(r.n.Int64))
	to = binary.BigEndian.AppendUint64(to, uint64(r.at.Time.UnixMilli()))
	for _, field := range [][]byte{
		r.id, r.station, r.staff, r.member, r.action, r.object, r.objectID, r.result, r.note, r.digest,
	} {
		if field == nil {
			to = binary.BigEndian.AppendUint32(to, 1<<32-1)
			continue
		}
		to = binary.BigEndian.AppendUint32(to, uint32(len(field)))
		to = append(to, field...)
	}
	return to
}

// leaf is the row's hash in the tree, RFC 6962, section 2.1: SHA-256 over a
// zero byte and the canonical form. buf is room to work in.
func (r *raw) leaf(buf []byte) (tlog.Hash, []byte) {
	buf = r.canonical(buf[:0])
	return tlog.RecordHash(buf), buf
}
