package houserules

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// pure functions make values that nobody changes.
var pure = []string{
	"errors.New", "fmt.Errorf", "regexp.MustCompile", "reflect.TypeFor", "strings.NewReplacer",
	"time.Date", "time.FixedZone", "math/big.NewInt", "encoding/binary.BigEndian", "encoding/binary.LittleEndian",
	"encoding/base32.NewEncoding", "hash/crc32.MakeTable",
}

// variables finds package variables that can change.
func (c *checker) variables(p *pkg) {
	for _, f := range p.files {
		if f.test {
			continue
		}
		for _, d := range f.syntax.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.VAR {
				continue
			}
			for _, s := range decl.Specs {
				c.variable(p, f, decl, s.(*ast.ValueSpec))
			}
		}
	}
}

func (c *checker) variable(p *pkg, f *file, decl *ast.GenDecl, spec *ast.ValueSpec) {
	if embedded(decl.Doc) || embedded(spec.Doc) {
		return
	}
	for i, name := range spec.Names {
		switch {
		case name.Name == "_":
		case len(spec.Values) != len(spec.Names) || !c.constant(p, f, spec.Values[i]):
			c.breach(name.Pos(), "%s: variable %s can change: pass state in, or make it a constant", p.dir, name.Name)
		case p.assigns(name.Name):
			c.breach(name.Pos(), "%s: variable %s is assigned to: pass state in", p.dir, name.Name)
		}
	}
}

func embedded(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//go:embed")
	})
}

// constant reports whether a value is fixed by its initialiser: a table, a
// function, the result of a pure function, or in main a literal that the
// linker may replace (a version).
func (c *checker) constant(p *pkg, f *file, value ast.Expr) bool {
	switch v := value.(type) {
	case *ast.CompositeLit, *ast.FuncLit:
		return true
	case *ast.BasicLit:
		return f.syntax.Name.Name == "main"
	case *ast.SelectorExpr:
		return slices.Contains(slices.Concat(pure, c.rules.Pure), qualified(f.importNames(), v))
	case *ast.CallExpr:
		return c.pureCall(p, f, v)
	}
	return false
}

func (c *checker) pureCall(p *pkg, f *file, call *ast.CallExpr) bool {
	fun := call.Fun
	if generic, ok := fun.(*ast.IndexExpr); ok {
		fun = generic.X
	}
	switch fun := fun.(type) {
	case *ast.ArrayType, *ast.MapType: // a conversion: []rune("零壹贰")
		return true
	case *ast.Ident:
		return slices.Contains(c.rules.Pure, p.dir+"."+fun.Name)
	case *ast.SelectorExpr:
		return slices.Contains(slices.Concat(pure, c.rules.Pure), qualified(f.importNames(), fun))
	}
	return false
}

// assigns reports whether any function of the package assigns to a package
// variable, into it, or takes its address.
func (p *pkg) assigns(name string) bool {
	for _, f := range p.files {
		for _, d := range f.syntax.Decls {
			if changes(d, name) && !locals(d)[name] {
				return true
			}
		}
	}
	return false
}

func changes(d ast.Decl, name string) bool {
	found := false
	ast.Inspect(d, func(n ast.Node) bool {
		found = found || slices.ContainsFunc(targets(n), func(e ast.Expr) bool { return rootName(e) == name })
		return !found
	})
	return found
}

// targets are the expressions that a node changes or lets others change.
func targets(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return []ast.Expr{n.X}
		}
	case *ast.CallExpr:
		if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "delete" || id.Name == "clear") {
			return n.Args[:1]
		}
	}
	return nil
}

// rootName is the variable that an expression is, or is a part of.
func rootName(e ast.Expr) string {
	for {
		switch v := e.(type) {
		case *ast.Ident:
			return v.Name
		case *ast.IndexExpr:
			e = v.X
		case *ast.SelectorExpr:
			e = v.X
		case *ast.StarExpr:
			e = v.X
		case *ast.ParenExpr:
			e = v.X
		default:
			return ""
		}
	}
}
