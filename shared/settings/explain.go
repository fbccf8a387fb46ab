package settings

import (
	"encoding"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

const (
	hidden = "(hidden)"  // a secret that is set
	unset  = "(not set)" // any value that is empty
)

// Explain prints every setting of a loaded cfg on a line of its own: key,
// value, where the value came from, the variable that can set it, and what it
// is for. A secret shows only whether it is set.
func Explain(w io.Writer, cfg any) error {
	root, origins, err := open(cfg)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KEY\tVALUE\tFROM\tVARIABLE\tMEANING")
	for _, f := range leavesOf("", root, false) {
		env := f.env
		if env == "" {
			env = "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", f.key, valueText(f), origins.of(f.key), env, f.doc)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("explaining settings: %w", err)
	}
	return nil
}

// of is where a key's value came from.
func (o *Origins) of(key string) string {
	if from, ok := o.from[key]; ok {
		return from
	}
	return "default"
}

// Origin says where the value of a dotted key came from: "flag", a variable's
// name, "station.yaml:12", or "default".
func (o Origins) Origin(key string) string { return o.of(key) }

func valueText(f leaf) string {
	text := printed(f.value)
	switch {
	case text == "":
		return unset
	case f.secret:
		return hidden
	}
	return text
}

// printed writes a value as the file would hold it, on one line.
func printed(v reflect.Value) string {
	if !isScalar(v.Type()) {
		items := make([]string, v.Len())
		for i := range items {
			items[i] = printed(v.Index(i))
		}
		return strings.Join(items, ", ")
	}
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		if text, err := m.MarshalText(); err == nil {
			return string(text)
		}
	}
	// A number is read as a plain integer, whatever its type prints: 5000
	// millilitres are not "5.000". Only durations are written in words.
	if _, isDuration := v.Interface().(time.Duration); v.CanInt() && !isDuration {
		return strconv.FormatInt(v.Int(), 10)
	}
	return strings.NewReplacer("\n", `\n`, "\t", " ").Replace(fmt.Sprint(v.Interface()))
}
