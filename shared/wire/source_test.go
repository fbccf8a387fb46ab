package wire_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"forecourt/shared/wire"
)

func testNow() time.Time { return time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC) }

// source is the package's own files.
func source(t *testing.T) []*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// constants lists the string constants whose names begin with prefix: name to value.
func constants(t *testing.T, prefix string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, f := range source(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !strings.HasPrefix(spec.Names[0].Name, prefix) || len(spec.Values) != 1 {
				return true
			}
			value := spec.Values[0]
			if sum, ok := value.(*ast.BinaryExpr); ok {
				value = sum.Y
			}
			if lit, ok := value.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				found[spec.Names[0].Name] = text
			}
			return true
		})
	}
	return found
}

func TestEveryKindIsInTheTable(t *testing.T) {
	named := constants(t, "Kind")
	for name, value := range named {
		if _, ok := wire.Kinds[wire.Kind(value)]; !ok {
			t.Errorf("%s %q is not in Kinds", name, value)
		}
	}
	if len(named) != len(wire.Kinds) {
		t.Errorf("%d constants for %d kinds", len(named), len(wire.Kinds))
	}
	for kind, info := range wire.Kinds {
		if isFact := strings.HasPrefix(string(kind), "fact."); isFact != (info.Class == wire.ClassFact) {
			t.Errorf("%s is of class %d", kind, info.Class)
		}
		if info.Body == nil && kind != wire.KindSnap && kind != wire.KindAck && kind != wire.KindJoin && kind != wire.KindLeave &&
			kind != wire.KindSkip && kind != wire.KindPing {
			t.Errorf("%s has no body", kind)
		}
		if info.Body != nil && reflect.TypeOf(info.Body).Kind() != reflect.Struct {
			t.Errorf("%s has a %T for a body", kind, info.Body)
		}
	}
}

func TestEveryProblemIsInTheCatalogue(t *testing.T) {
	named := constants(t, "Problem")
	for name, value := range named {
		kind := wire.ProblemType("urn:forecourt:problem:" + value)
		info, ok := wire.Problems[kind]
		if !ok {
			t.Errorf("%s %q is not in the catalogue", name, kind)
			continue
		}
		if info.Status < 400 || info.Status > 599 || info.Title == "" || strings.HasSuffix(info.Title, ".") {
			t.Errorf("%s: %+v", name, info)
		}
		if !strings.ContainsFunc(info.Chinese, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s has no words for a cashier: %q", name, info.Chinese)
		}
		p := wire.NewProblem(kind, "detail")
		if p.Type != kind || p.Status != info.Status || p.Retry != info.Retry || p.Error() != info.Title+": detail" || wire.NewProblem(kind, "").Error() != info.Title {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if len(named) != len(wire.Problems) {
		t.Errorf("%d constants for %d problems", len(named), len(wire.Problems))
	}
	// A problem of the server's may pass; money is never a reason to try again.
	for kind, info := range wire.Problems {
		if info.Status >= 500 && !info.Retry {
			t.Errorf("%s: a failure inside may pass", kind)
		}
	}
}

// enums are the types whose values are a fixed set of constants; a field of
// such a type that carries an enum tag names them all.
func enums(t *testing.T) map[string][]string {
	t.Helper()
	values := map[string][]string{}
	for _, f := range source(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || spec.Type == nil || len(spec.Values) != 1 {
				return true
			}
			kind, okType := spec.Type.(*ast.Ident)
			lit, okValue := spec.Values[0].(*ast.BasicLit)
			if okType && okValue && lit.Kind == token.STRING {
				values[kind.Name] = append(values[kind.Name], strings.Trim(lit.Value, `"`))
			}
			return true
		})
	}
	return values
}

func TestEnumTagsNameEveryValue(t *testing.T) {
	values := enums(t)
	checked := 0
	for m := range messages() {
		for i := range m.NumField() {
			f := m.Field(i)
			tag := f.Tag.Get("enum")
			if tag == "" {
				continue
			}
			checked++
			got, want := strings.Split(tag, ","), values[f.Type.Name()]
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s.%s allows %v of %v", m.Name(), f.Name, got, want)
			}
		}
	}
	if checked == 0 {
		t.Error("no enum was checked")
	}
}

func TestEverythingExportedIsDocumented(t *testing.T) {
	for _, f := range source(t) {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil {
					t.Errorf("func %s", d.Name.Name)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					documented(t, d, s)
				}
			}
		}
	}
}

func documented(t *testing.T, d *ast.GenDecl, s ast.Spec) {
	t.Helper()
	switch s := s.(type) {
	case *ast.ValueSpec:
		// A group of constants may be explained once.
		if s.Names[0].IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
			t.Errorf("%s is not documented", s.Names[0].Name)
		}
	case *ast.TypeSpec:
		if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
			t.Errorf("type %s is not documented", s.Name.Name)
		}
		if fields, ok := s.Type.(*ast.StructType); ok && s.Name.IsExported() {
			documentedFields(t, s.Name.Name, fields)
		}
	}
}

// documentedFields wants a comment above each field or above the first of an
// unbroken row of fields.
func documentedFields(t *testing.T, name string, s *ast.StructType) {
	t.Helper()
	for i, f := range s.Fields.List {
		if i == 0 && f.Doc == nil && f.Comment == nil {
			t.Errorf("%s.%s is not documented", name, f.Names[0].Name)
		}
	}
}

// Every struct of the package that has JSON names is a message that the other
// tests know.
func TestEveryMessageIsKnown(t *testing.T) {
	known := map[string]bool{}
	for m := range messages() {
		known[m.Name()] = true
	}
	for _, f := range source(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			fields, ok := spec.Type.(*ast.StructType)
			if ok && len(fields.Fields.List) > 0 && fields.Fields.List[0].Tag != nil && !known[spec.Name.Name] {
				t.Errorf("%s crosses a process, but no kind and no body mentions it", spec.Name.Name)
			}
			return true
		})
	}
}
