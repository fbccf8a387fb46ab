package flow_test

import (
	"bytes"
	"fmt"

	"forecourt/hub/internal/platform/vault"
)

// traces is every sealed field in the database that a key opens, by column, and
// every place where something of the member stands in clear or as an index.
func (o *office) traces(key *vault.Key) (opened map[string]int, clear []string) {
	o.t.Helper()
	indexes := map[string][vault.BlindBytes]byte{
		"the phone's index":     o.keys.Blind("member.phone", wangPhone),
		"the plate's index":     o.keys.Blind("vehicle.plate", wangPlate),
		"the ID number's index": o.keys.Blind("member.id_number", wangPaper),
		"the account's index":   o.keys.Blind("member.account", "bank:"+wangAccount),
		"the openid's index":    o.keys.Blind("member.openid", wangOpenID),
	}
	secrets := []string{wangPhone, wangName, wangPlate, wangModel, wangPaper, wangAccount, wangOpenID, fmt.Sprint(wangOdometer)}
	opened = map[string]int{}
	for _, table := range o.tables() {
		o.scan(table, func(columns []string, values [][]byte) {
			for i, value := range values {
				at := table + "." + columns[i]
				for name, index := range indexes {
					if bytes.Contains(value, index[:]) {
						clear = append(clear, at+" holds "+name)
					}
				}
				plain := append([][]byte{value}, o.opens(key, table, columns[i], value, values)...)
				if len(plain) > 1 {
					opened[at]++
				}
				plain = append(plain, o.opens(o.keys.Vault, table, columns[i], value, values)...)
				for _, text := range plain {
					for _, secret := range secrets {
						if bytes.Contains(text, []byte(secret)) {
							clear = append(clear, fmt.Sprintf("%s tells %s", at, secret))
						}
					}
				}
			}
		})
	}
	return opened, clear
}

// opens tries a value with every id of its row.
func (o *office) opens(key interface {
	Open(at vault.Cell, sealed []byte) ([]byte, error)
}, table, column string, value []byte, row [][]byte,
) (found [][]byte) {
	if len(value) < vault.Overhead || value[0] > 2 {
		return nil
	}
	for _, candidate := range row {
		if len(candidate) != 16 {
			continue
		}
		cell := vault.Cell{Table: table, Column: column, Row: [16]byte(candidate)}
		if plain, err := key.Open(cell, value); err == nil {
			found = append(found, plain)
		}
	}
	return found
}

func (o *office) tables() (names []string) {
	o.t.Helper()
	err := o.db.SelectContext(o.t.Context(), &names, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()")
	if err != nil || len(names) < 30 {
		o.t.Fatalf("the tables are %v, %v", names, err)
	}
	return names
}

// scan reads every row of a table, every value as bytes.
func (o *office) scan(table string, look func(columns []string, values [][]byte)) {
	o.t.Helper()
	rows, err := o.db.QueryxContext(o.t.Context(), "SELECT * FROM "+table)
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns := must[[]string](o.t)(rows.Columns())
	for rows.Next() {
		row := must[[]any](o.t)(rows.SliceScan())
		values := make([][]byte, len(row))
		for i, v := range row {
			if raw, ok := v.([]byte); ok {
				values[i] = raw
			} else {
				values[i] = fmt.Append(nil, v)
			}
		}
		look(columns, values)
	}
	if err := rows.Err(); err != nil {
		o.t.Fatal(err)
	}
}
