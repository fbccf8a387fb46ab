// Package settings reads a program's configuration: defaults, then a YAML
// file, then environment variables, then flags; each overrides the one before.
//
// The configuration is a struct of the program's own. Its fields say
// everything about themselves in tags, so that one place describes a setting,
// reads it, checks it and explains it:
//
//	type Config struct {
//		settings.Origins
//		Listen string        `yaml:"listen" env:"FORECOURT_LISTEN" doc:"address to listen on"`
//		DSN    string        `yaml:"dsn" env:"FORECOURT_DSN" doc:"database" secret:"true"`
//		Hub    struct {
//			URL string `yaml:"url" doc:"where the hub is"`
//		} `yaml:"hub"`
//	}
//
// What it promises:
//
//   - A key that no field has is an error that names the key and its line; so
//     is a value of the wrong type, with the value and what is expected. All
//     mistakes are reported at once.
//   - A setting marked secret is never printed, not in an error either.
//   - Nothing is read that was not handed in: the environment is a slice.
//
// Values may be strings, booleans, whole numbers, time.Duration, anything with
// UnmarshalText, lists of those, structs, and lists of structs.
package settings

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
)

// MaxFileBytes bounds a configuration file: a station with 500 nozzles
// written out one a line needs a tenth of it.
const MaxFileBytes = 1 << 20

// Source is where values come from.
type Source struct {
	// File is the path of a YAML file; "" for none. A named file must exist.
	File string
	// Env is the environment, "NAME=value" each, as os.Environ gives it. An
	// empty value counts as not set. A list is written with commas.
	Env []string
	// Flags holds the flags that were given, by dotted key ("hub.url").
	Flags map[string]string
}

// Origins remembers where each value came from. A configuration embeds it.
type Origins struct {
	from map[string]string // dotted key -> "flag", "FORECOURT_X", "station.yaml:12"
}

// ErrShape says that the configuration struct itself is not usable; it is a
// mistake in the program, not in its configuration.
var ErrShape = errors.New("settings: unusable configuration struct")

// Load fills cfg, a pointer to a struct that embeds Origins and already holds
// the defaults. It returns every mistake it found, joined.
func Load(cfg any, src Source) error {
	root, origins, err := open(cfg)
	if err != nil {
		return err
	}
	origins.from = map[string]string{}
	l := loader{origins: origins}
	if src.File != "" {
		l.readFile(root, src.File)
	}
	leaves := leavesOf("", root, false)
	l.readEnv(leaves, src.Env)
	l.readFlags(leaves, src.Flags)
	return errors.Join(l.mistakes...)
}

// open checks that cfg can be used and finds its Origins.
func open(cfg any) (root reflect.Value, origins *Origins, err error) {
	p := reflect.ValueOf(cfg)
	if p.Kind() != reflect.Pointer || p.IsNil() || p.Elem().Kind() != reflect.Struct {
		return root, nil, fmt.Errorf("%w: %T is not a pointer to a struct", ErrShape, cfg)
	}
	root = p.Elem()
	if err := checkStruct(root.Type()); err != nil {
		return root, nil, err
	}
	embedded, ok := root.Type().FieldByName(originsType.Name())
	if !ok || embedded.Type != originsType {
		return root, nil, fmt.Errorf("%w: %T does not embed settings.Origins", ErrShape, cfg)
	}
	return root, root.FieldByIndex(embedded.Index).Addr().Interface().(*Origins), nil
}

// loader gathers values and mistakes.
type loader struct {
	origins  *Origins
	mistakes []error
}

func (l *loader) mistake(format string, args ...any) {
	l.mistakes = append(l.mistakes, fmt.Errorf(format, args...))
}

// set puts text into a leaf and notes where it came from.
func (l *loader) set(f leaf, text, from string) {
	if err := setText(f.value, text); err != nil {
		l.mistake("%s: %s: %s: %w", from, f.key, shown(text, f.secret), err)
		return
	}
	l.origins.from[f.key] = from
}

func (l *loader) readEnv(leaves []leaf, environ []string) {
	values := map[string]string{}
	for _, line := range environ {
		if name, value, _ := strings.Cut(line, "="); value != "" {
			values[name] = value
		}
	}
	for _, f := range leaves {
		if value, ok := values[f.env]; ok && f.env != "" {
			l.set(f, value, f.env)
		}
	}
}

func (l *loader) readFlags(leaves []leaf, flags map[string]string) {
	known := map[string]leaf{}
	for _, f := range leaves {
		known[f.key] = f
	}
	for _, key := range sortedKeys(flags) {
		if f, ok := known[key]; ok {
			l.set(f, flags[key], "flag")
		} else {
			l.mistake("flag: unknown key %q", key)
		}
	}
}

// readFile reads a bounded file whole.
func (l *loader) readFile(root reflect.Value, path string) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > MaxFileBytes {
		err = fmt.Errorf("larger than %d bytes", MaxFileBytes)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		l.mistake("reading configuration: %w", err)
		return
	}
	l.readYAML(root, path, text)
}

// shown quotes a value for an error, unless it is secret.
func shown(text string, secret bool) string {
	const longest = 60
	if secret {
		return hidden
	}
	if r := []rune(text); len(r) > longest {
		text = string(r[:longest]) + "..."
	}
	return fmt.Sprintf("%q", text)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
