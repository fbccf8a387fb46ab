package keyring

import (
	"context"
	"fmt"
)

// column is a column of sealed fields. Its rows are found, in the order of
// their keys, by an index on key, whose sixteen bytes are also the row of the
// cell.
type column struct {
	table, name, key string
	// owner is the member whose own key seals it, as an expression on the
	// table (t) and what join adds; "" for a field of the house.
	owner, join string
	// mixed says that owner is NULL in some rows: those are the house's.
	mixed bool
}

// sealedColumns is every column that package vault seals. Bodies of the outbox
// are not among them: they are pruned before anybody misses an old key.
func sealedColumns() []column {
	const ofThread = "JOIN chat_thread h ON h.id = t.thread"
	return []column{
		{table: "member", name: "name", key: "id", owner: "t.id"},
		{table: "member", name: "phone", key: "id", owner: "t.id"},
		{table: "member", name: "id_number", key: "id", owner: "t.id"},
		{table: "vehicle", name: "plate", key: "id", owner: "t.member"},
		{table: "vehicle", name: "model", key: "id", owner: "t.member"},
		{table: "sale_trip", name: "odometer_km", key: "sale", owner: "t.member"},
		{table: "member_account", name: "account", key: "id", owner: "t.member"},
		{table: "member_wechat", name: "openid", key: "member", owner: "t.member"},
		{table: "chat_thread", name: "note", key: "id", owner: "t.member"},
		{table: "chat_rating", name: "note", key: "thread", owner: "h.member", join: ofThread},
		{table: "chat_message", name: "body", key: "id", owner: "h.member", join: ofThread},
		{table: "notice", name: "title", key: "id", owner: "t.member"},
		{table: "notice", name: "text", key: "id", owner: "t.member"},
		{table: "media", name: "content_key", key: "id", owner: "t.subject", mixed: true},
		{table: "staff", name: "name", key: "id"},
		{table: "staff", name: "totp", key: "id"},
	}
}

// presentColumns is the sealed columns that this schema has.
func (r *Ring) presentColumns(ctx context.Context) ([]column, error) {
	var names []string
	err := r.db.SelectContext(ctx, &names, `SELECT CONCAT(TABLE_NAME, '.', COLUMN_NAME) FROM information_schema.COLUMNS
		WHERE TABLE_SCHEMA = DATABASE()`)
	if err != nil {
		return nil, fmt.Errorf("asking for the schema: %w", err)
	}
	has := make(map[string]bool, len(names))
	for _, name := range names {
		has[name] = true
	}
	var present []column
	for _, c := range sealedColumns() {
		if has[c.table+"."+c.name] {
			present = append(present, c)
		}
	}
	return present, nil
}

// String names the column.
func (c column) String() string { return c.table + "." + c.name }

// byHouse is the condition of rows that a data key sealed.
func (c column) byHouse() string { return "SUBSTRING(t." + c.name + ", 1, 1) = 0x01" }

// dataKeyOf is the id of the data key that sealed a row, four bytes.
func (c column) dataKeyOf() string { return "SUBSTRING(t." + c.name + ", 3, 4)" }

// stale is the condition of rows that are to be sealed anew, with the id of
// the active data key as value: by a data key though they belong to a member,
// or by an old one.
func (c column) stale() string {
	if c.owner == "" {
		return c.byHouse() + " AND " + c.dataKeyOf() + " <> ?"
	}
	return c.byHouse() + " AND (" + c.owner + " IS NOT NULL OR " + c.dataKeyOf() + " <> ?)"
}

// count counts the rows that data keys sealed, by key, and those of them that
// are to be sealed anew, with the id of the active key as value.
func (c column) count() string {
	return "SELECT " + c.dataKeyOf() + " AS `key`, COUNT(*) AS n, SUM(" + c.stale() + ") AS `left` FROM " + c.table + " t " + c.join +
		" WHERE " + c.byHouse() + " GROUP BY " + c.dataKeyOf()
}

// end finds the last key of the next page: the rows looked at in one step.
func (c column) end() string {
	return "SELECT t." + c.key + " FROM " + c.table + " t WHERE t." + c.key + " > ? ORDER BY t." + c.key + " LIMIT 1 OFFSET ?"
}

// page finds what is to be sealed anew between two keys.
func (c column) page(last bool) string {
	owner := c.owner
	if owner == "" {
		owner = "NULL"
	}
	query := "SELECT t." + c.key + " AS id, " + owner + " AS owner, t." + c.name + " AS sealed FROM " + c.table + " t " + c.join +
		" WHERE t." + c.key + " > ? AND " + c.stale()
	if !last {
		query += " AND t." + c.key + " <= ?"
	}
	return query
}

// swap replaces a field by the same one sealed anew, unless it was changed
// meanwhile.
func (c column) swap() string {
	return "UPDATE " + c.table + " SET " + c.name + " = ? WHERE " + c.key + " = ? AND " + c.name + " = ?"
}
