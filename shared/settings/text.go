package settings

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

var durationType = reflect.TypeFor[time.Duration]()

// errList says that a single line of text cannot make a list of structs.
var errList = errors.New("is a list of sections; write it in the file")

// setText reads one line of text into v, or says what was expected.
func setText(v reflect.Value, text string) error {
	switch {
	case isScalar(v.Type()):
		return setScalar(v, text)
	case isText(v.Type()):
		return setList(v, splitList(text))
	}
	return errList
}

func splitList(text string) []string {
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// setList replaces the list v.
func setList(v reflect.Value, items []string) error {
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		if err := setScalar(list.Index(i), item); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

func setScalar(v reflect.Value, text string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		// The reader's own error may quote the text, which may be secret.
		if u.UnmarshalText([]byte(text)) != nil {
			return fmt.Errorf("expected a valid %s", v.Type())
		}
		return nil
	}
	switch {
	case v.Type() == durationType:
		d, err := time.ParseDuration(text)
		if err != nil {
			return errors.New(`expected a duration such as "250ms", "5s" or "1h30m"`)
		}
		v.SetInt(int64(d))
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return errors.New("expected true or false")
		}
		v.SetBool(text == "true")
	case v.CanInt():
		return setInt(v, text)
	default:
		return setUint(v, text)
	}
	return nil
}

// setInt reads a whole number: 12, -3, 0x1f.
func setInt(v reflect.Value, text string) error {
	bits := v.Type().Bits()
	n, err := strconv.ParseInt(text, 0, bits)
	if err != nil {
		limit := uint64(1) << (bits - 1)
		return fmt.Errorf("expected a whole number from -%d to %d", limit, limit-1)
	}
	v.SetInt(n)
	return nil
}

// setUint reads a whole number that is not negative.
func setUint(v reflect.Value, text string) error {
	bits := v.Type().Bits()
	n, err := strconv.ParseUint(text, 0, bits)
	if err != nil {
		return fmt.Errorf("expected a whole number from 0 to %d", ^uint64(0)>>(64-bits))
	}
	v.SetUint(n)
	return nil
}
