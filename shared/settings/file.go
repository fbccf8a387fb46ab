package settings

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// What stands in the file where something else is expected.
var (
	errSection = errors.New("expected a section with keys of its own")
	errItems   = errors.New("expected a list")
	errValue   = errors.New("expected a single value")
)

// readYAML walks the file's tree beside the struct's, so that every mistake
// can be told with its key and line. The parser already refuses a repeated key.
func (l *loader) readYAML(root reflect.Value, path string, text []byte) {
	w := walker{loader: l, name: filepath.Base(path)}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		l.mistake("%s: %w", w.name, syntaxError(err))
		return
	}
	if len(file.Docs) > 1 {
		l.mistake("%s: expected one document, found %d", w.name, len(file.Docs))
		return
	}
	for _, doc := range file.Docs {
		if !empty(doc.Body) {
			w.section(place{value: root}, doc.Body)
		}
	}
}

// syntaxError keeps the position and the message but not the excerpt of the
// source that the library would print: there may be a password in it.
func syntaxError(err error) error {
	var e yaml.Error
	if !errors.As(err, &e) {
		return errors.New("not valid YAML")
	}
	return fmt.Errorf("line %d: %s", e.GetToken().Position.Line, e.GetMessage())
}

// place is where in the struct a node belongs.
type place struct {
	key    string // dotted, "" at the top
	value  reflect.Value
	secret bool
}

// inside is the dotted key of key within p.
func (p place) inside(key string) string {
	if p.key == "" {
		return key
	}
	return p.key + "." + key
}

// walker reads one file's tree.
type walker struct {
	*loader
	name string
}

// at is where a node stands: "station.yaml:12".
func (w walker) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", w.name, n.GetToken().Position.Line)
}

func (w walker) wrong(p place, n ast.Node, err error) {
	if p.key == "" {
		p.key = "the file"
	}
	w.mistake("%s: %s: %w", w.at(n), p.key, err)
}

// section reads the keys of a struct.
func (w walker) section(p place, n ast.Node) {
	mapping, ok := n.(ast.MapNode)
	if !ok {
		w.wrong(p, n, errSection)
		return
	}
	fields := fieldsOf(p.value.Type())
	for entry := mapping.MapRange(); entry.Next(); {
		key := entry.Key().GetToken().Value
		f, ok := find(fields, key)
		if !ok {
			w.mistake("%s: unknown key %q; known here: %s", w.at(entry.Key()), p.inside(key), keysOf(fields))
			continue
		}
		if !empty(entry.Value()) {
			w.read(place{p.inside(key), p.value.Field(f.index), p.secret || f.secret}, entry.Value())
		}
	}
}

// read reads a node into any field. A key without a value leaves the default.
func (w walker) read(p place, n ast.Node) {
	switch t := p.value.Type(); {
	case isScalar(t):
		w.scalar(p, n)
	case isText(t):
		w.list(p, n)
	case t.Kind() == reflect.Slice:
		w.sections(p, n)
	default:
		w.section(p, n)
	}
}

func (w walker) scalar(p place, n ast.Node) {
	if text, ok := textOf(n); ok {
		w.set(leaf{key: p.key, value: p.value, secret: p.secret}, text, w.at(n))
	} else {
		w.wrong(p, n, errValue)
	}
}

// list reads a list of single values.
func (w walker) list(p place, n ast.Node) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		w.wrong(p, n, errItems)
		return
	}
	list := reflect.MakeSlice(p.value.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		w.scalar(place{element(p.key, i), list.Index(i), p.secret}, item)
	}
	p.value.Set(list)
	w.origins.from[p.key] = w.at(n)
}

// sections reads a list of structs.
func (w walker) sections(p place, n ast.Node) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		w.wrong(p, n, errItems)
		return
	}
	list := reflect.MakeSlice(p.value.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		w.section(place{element(p.key, i), list.Index(i), p.secret}, item)
	}
	p.value.Set(list)
}

// textOf is the text of a single value as it was written, so that a password
// of digits keeps its leading zeros.
func textOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func empty(n ast.Node) bool {
	if n == nil {
		return true
	}
	switch n.Type() {
	case ast.NullType, ast.CommentType:
		return true
	}
	return false
}

func find(fields []field, key string) (field, bool) {
	for _, f := range fields {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

func keysOf(fields []field) string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return strings.Join(keys, ", ")
}
