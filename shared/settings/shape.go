package settings

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
)

var (
	originsType = reflect.TypeFor[Origins]()
	textType    = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// field is one tagged field of a struct.
type field struct {
	index    int
	key      string // its own part of the dotted key
	env, doc string
	secret   bool
}

// fieldsOf reads the tags of a checked struct.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		key := f.Tag.Get("yaml")
		if f.Type == originsType || key == "-" || !f.IsExported() {
			continue
		}
		fields = append(fields, field{
			index: i, key: key, env: f.Tag.Get("env"), doc: f.Tag.Get("doc"),
			secret: f.Tag.Get("secret") == "true",
		})
	}
	return fields
}

// checkStruct refuses what the package cannot read, when the program starts
// and not when a user first writes that key.
func checkStruct(t reflect.Type) error {
	seen := map[string]bool{}
	for _, f := range fieldsOf(t) {
		goField := t.Field(f.index)
		if f.key == "" || seen[f.key] {
			return fmt.Errorf("%w: %s.%s has no yaml key of its own", ErrShape, t, goField.Name)
		}
		seen[f.key] = true
		if err := checkType(goField.Type); err != nil {
			return fmt.Errorf("%w (%s.%s)", err, t, goField.Name)
		}
	}
	return nil
}

func checkType(t reflect.Type) error {
	switch {
	case isText(t):
		return nil
	case t.Kind() == reflect.Struct:
		return checkStruct(t)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct && !isText(t.Elem()):
		return checkStruct(t.Elem())
	}
	return fmt.Errorf("%w: %s is not supported", ErrShape, t)
}

// isText reports whether one line of text sets a value of type t.
func isText(t reflect.Type) bool {
	return isScalar(t) || (t.Kind() == reflect.Slice && isScalar(t.Elem()))
}

func isScalar(t reflect.Type) bool {
	if reflect.PointerTo(t).Implements(textType) {
		return true
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	}
	return false
}

// leaf is one setting: a value that a line of text can set.
type leaf struct {
	key      string
	value    reflect.Value
	env, doc string
	secret   bool
}

// leavesOf lists the settings below v in the order of the struct. A list of
// structs contributes its present elements, an empty one itself.
func leavesOf(prefix string, v reflect.Value, secret bool) []leaf {
	var leaves []leaf
	for _, f := range fieldsOf(v.Type()) {
		inner, key, hide := v.Field(f.index), prefix+f.key, secret || f.secret
		switch {
		case isText(inner.Type()), inner.Kind() == reflect.Slice && inner.Len() == 0:
			leaves = append(leaves, leaf{key, inner, f.env, f.doc, hide})
		case inner.Kind() == reflect.Slice:
			for i := range inner.Len() {
				leaves = append(leaves, leavesOf(element(key, i)+".", inner.Index(i), hide)...)
			}
		default:
			leaves = append(leaves, leavesOf(key+".", inner, hide)...)
		}
	}
	return leaves
}

// element is the key of a list's element: "lines[0]".
func element(key string, i int) string { return key + "[" + strconv.Itoa(i) + "]" }
