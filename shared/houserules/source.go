package houserules

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// module is the parsed source of a module.
type module struct {
	path     string
	fset     *token.FileSet
	packages []*pkg
}

// pkg is one folder; dir is "." at the root.
type pkg struct {
	dir   string
	files []*file
}

type file struct {
	test   bool
	syntax *ast.File
}

// imports reports whether the file imports a path.
func (f *file) imports(path string) bool {
	return slices.ContainsFunc(f.syntax.Imports, func(i *ast.ImportSpec) bool {
		return i.Path.Value == strconv.Quote(path)
	})
}

// load parses every Go file below root that belongs to the module there.
func load(root string) (*module, error) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	m := &module{path: strings.TrimSpace(strings.TrimPrefix(first, "module ")), fset: token.NewFileSet()}
	byDir := map[string]*pkg{}
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skip(root, name, d)
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		return m.parse(byDir, root, name)
	})
	if err == nil && len(m.packages) == 0 {
		err = fmt.Errorf("no Go files below %s", root)
	}
	return m, err
}

// skip leaves out what the go command leaves out, and modules of their own.
func skip(root, name string, d fs.DirEntry) error {
	if name == root {
		return nil
	}
	_, err := os.Stat(filepath.Join(name, "go.mod"))
	if err == nil || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") {
		return filepath.SkipDir
	}
	return nil
}

func (m *module) parse(byDir map[string]*pkg, root, name string) error {
	syntax, err := parser.ParseFile(m.fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(root, filepath.Dir(name))
	if err != nil {
		return err
	}
	dir := filepath.ToSlash(rel)
	if byDir[dir] == nil {
		byDir[dir] = &pkg{dir: dir}
		m.packages = append(m.packages, byDir[dir])
	}
	byDir[dir].files = append(byDir[dir].files, &file{strings.HasSuffix(name, "_test.go"), syntax})
	return nil
}

func (m *module) position(at token.Pos) string {
	p := m.fset.Position(at)
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// inside is the folder of an import path of this module.
func (m *module) inside(path string) (dir string, ok bool) {
	if path == m.path {
		return ".", true
	}
	return strings.CutPrefix(path, m.path+"/")
}

func (m *module) has(pattern string) bool {
	return slices.ContainsFunc(m.packages, func(p *pkg) bool { return match(pattern, p.dir) })
}

// match reports whether name is pattern, or below a pattern ending in "...".
func match(pattern, name string) bool {
	if above, ok := strings.CutSuffix(pattern, "..."); ok {
		return strings.HasPrefix(name+"/", above)
	}
	return name == pattern
}

func matchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, name) })
}

// standard reports whether a path is of the standard library: its first
// element has no dot, and it is not one of this workspace's modules.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != "forecourt"
}

func unquoted(spec *ast.ImportSpec) string {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	return path
}

func (f *file) functions() []*ast.FuncDecl {
	var list []*ast.FuncDecl
	for _, d := range f.syntax.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			list = append(list, fn)
		}
	}
	return list
}

// use is a mention of something in another package: "time.Now".
type use struct {
	name string
	pos  token.Pos
}

func (f *file) uses() []use {
	names := f.importNames()
	var list []use
	for _, d := range f.syntax.Decls {
		local := locals(d)
		ast.Inspect(d, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if name := qualified(names, sel); name != "" && !local[sel.X.(*ast.Ident).Name] {
				list = append(list, use{name, sel.Pos()})
			}
			return true
		})
	}
	return list
}

// locals are the names that a function declares for itself anywhere.
func locals(d ast.Decl) map[string]bool {
	names := map[string]bool{}
	if _, ok := d.(*ast.FuncDecl); !ok {
		return names
	}
	declare := func(list ...ast.Expr) {
		for _, e := range list {
			if id, ok := e.(*ast.Ident); ok {
				names[id.Name] = true
			}
		}
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				declare(n.Lhs...)
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				declare(n.Key, n.Value)
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				declare(id)
			}
		case *ast.FuncType:
			for _, id := range parameters(n) {
				declare(id)
			}
		}
		return true
	})
	return names
}

func parameters(f *ast.FuncType) []*ast.Ident {
	var list []*ast.Ident
	for _, fields := range []*ast.FieldList{f.Params, f.Results} {
		if fields == nil {
			continue
		}
		for _, field := range fields.List {
			list = append(list, field.Names...)
		}
	}
	return list
}

// importNames maps the name a file uses for a package to its path.
func (f *file) importNames() map[string]string {
	names := map[string]string{}
	for _, spec := range f.syntax.Imports {
		p := unquoted(spec)
		switch {
		case spec.Name != nil:
			names[spec.Name.Name] = p
		case strings.HasPrefix(path.Base(p), "v") && len(path.Base(p)) == 2:
			names[path.Base(path.Dir(p))] = p // math/rand/v2 is rand
		default:
			names[path.Base(p)] = p
		}
	}
	return names
}

// qualified is "path.Name" if sel names something in a package, else "".
func qualified(names map[string]string, sel *ast.SelectorExpr) string {
	id, ok := sel.X.(*ast.Ident)
	if !ok || names[id.Name] == "" {
		return ""
	}
	return names[id.Name] + "." + sel.Sel.Name
}
