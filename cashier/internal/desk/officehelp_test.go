package desk_test

import (
	"reflect"
	"strings"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/wire"
)

// office is the open office page.
func office(t *testing.T, b *lookbook.Backroom) desk.Office {
	t.Helper()
	o := b.State.Screen().Office
	if o == nil {
		t.Fatalf("no office page on %s", b.State.Screen().Page)
	}
	return *o
}

// form is the open form.
func form(t *testing.T, b *lookbook.Backroom) desk.Form {
	t.Helper()
	f := office(t, b).Form
	if f == nil {
		t.Fatal("no form is open")
	}
	return *f
}

// inTheBack is a till with somebody at a tab.
func inTheBack(role wire.Role, page desk.Page, tab desk.Tab) *lookbook.Backroom {
	b := lookbook.NewBackroom(desk.Prefs{}, role)
	b.Open(page, tab)
	b.Effects = nil
	return b
}

// holds reports whether a text stands anywhere in a value, behind whatever
// pointer.
func holds(v any, text string) bool {
	return within(reflect.ValueOf(v), text, map[uintptr]bool{})
}

func within(v reflect.Value, text string, seen map[uintptr]bool) bool {
	switch v.Kind() {
	case reflect.String:
		return strings.Contains(v.String(), text)
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] {
			return false
		}
		seen[v.Pointer()] = true
		return within(v.Elem(), text, seen)
	case reflect.Interface:
		return !v.IsNil() && within(v.Elem(), text, seen)
	case reflect.Struct:
		for i := range v.NumField() {
			if within(v.Field(i), text, seen) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if within(v.Index(i), text, seen) {
				return true
			}
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			if within(k, text, seen) || within(v.MapIndex(k), text, seen) {
				return true
			}
		}
	}
	return false
}

// wrong is what is wrong with a field of a form.
func wrong(f desk.Form, field string) string {
	for _, x := range f.Fields {
		if x.ID == field {
			return x.Problem
		}
	}
	return "no such field"
}

// line is the value of a card's line.
func line(c *desk.Card, label string) string {
	for _, s := range c.Sections {
		for _, l := range s.Lines {
			if l.Label == label {
				return l.Value
			}
		}
	}
	return ""
}

// texts lists the texts of a table's column.
func texts(t desk.Table, column int) (out []string) {
	for _, r := range t.Rows {
		out = append(out, r.Cells[column].Text)
	}
	return out
}

// wanted lists the effects of a kind.
func wanted[E desk.Effect](s *lookbook.Stage) (out []E) {
	for _, e := range s.Effects {
		if e, ok := e.(E); ok {
			out = append(out, e)
		}
	}
	return out
}
