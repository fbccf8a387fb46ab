// Package houserules checks a module's source against the rules of the house:
// who may import whom, what may be called where, and a few habits. Every rule
// carries its reason, and a failure prints it. It is for tests:
//
//	func TestHouseRules(t *testing.T) {
//		houserules.Check(t, houserules.Rules{
//			Root:   ".",
//			Layers: []houserules.Layer{{Packages: []string{"unit"}, Reason: "..."}, ...},
//		})
//	}
//
// Packages are named by their folder below the module ("internal/flow"); a
// pattern that ends in "/..." means the folder and all below it, "..." all of
// the module. Test files are held only to the rules that say so; testdata is
// not looked at.
//
// Always checked: every package has a doc comment; none is named util, common,
// helpers, base, model or types; no init; no package variable that could
// change (errors, compiled patterns, tables that nobody assigns to, and the
// like are constants in all but name); the calls in DefaultCalls.
package houserules

import (
	"go/token"
	"strings"
	"testing"
)

// Rules are the rules of one module.
type Rules struct {
	// Root is the folder with the go.mod.
	Root string
	// Layers from the lowest to the highest. A package imports packages of
	// the module only from layers below its own; every package stands in the
	// first layer that names it, and must stand in one.
	Layers []Layer
	// Imports that only some packages may have.
	Imports []Import
	// Closed packages import nothing from outside but what they list.
	Closed []Closed
	// Calls that only some packages may make, besides DefaultCalls.
	Calls []Call
	// Outside are packages that may read the clock, the environment and
	// randomness, where DefaultCalls allow it: "cmd/...".
	Outside []string
	// Pure are functions whose result may initialise a package variable, as
	// "path.Func", besides errors.New and its like.
	Pure []string
}

// Layer is a row of the house.
type Layer struct {
	// Packages that stand in it.
	Packages []string
	// Together lets its packages import one another.
	Together bool
	// Reason is why it stands where it stands.
	Reason string
}

// Import restricts who may import something.
type Import struct {
	// Path is an import path, or a pattern of such.
	Path string
	// Only these packages may; none if empty.
	Only []string
	// Tests holds test files to it too.
	Tests  bool
	Reason string
}

// Closed lists what a package may import from outside its module and the
// standard library.
type Closed struct {
	Packages []string
	Allow    []string
	Reason   string
}

// Call restricts who may use a function of another package. To pass it on is
// to use it.
type Call struct {
	// Func is "path.Name": "time.Now", "math/rand/v2.IntN".
	Func string
	// Only these packages may; none if empty.
	Only []string
	// InTests restricts test files, instead of the others.
	InTests bool
	Reason  string
	// Beside exempts files that import this path: under testing/synctest a
	// sleep takes no time.
	Beside string
}

// DefaultCalls are restricted everywhere; outside may use those that bring
// something in from outside.
func DefaultCalls(outside []string) []Call {
	clock := "time is passed in, so that a test can tell it"
	env := "the environment is read in cmd and passed in"
	chance := "randomness is passed in, so that a test can repeat it"
	return []Call{
		{Func: "time.Now", Only: outside, Reason: clock},
		{Func: "time.Since", Only: outside, Reason: clock},
		{Func: "time.Until", Only: outside, Reason: clock},
		{Func: "os.Getenv", Only: outside, Reason: env},
		{Func: "os.LookupEnv", Only: outside, Reason: env},
		{Func: "os.Environ", Only: outside, Reason: env},
		{Func: "os.Exit", Only: outside, Reason: "only main ends the process"},
		{Func: "crypto/rand.Reader", Only: outside, Reason: chance},
		{Func: "crypto/rand.Read", Only: outside, Reason: chance},
		{Func: "crypto/rand.Text", Only: outside, Reason: chance},
		{Func: "math/rand.*", Only: outside, Reason: chance},
		{Func: "math/rand/v2.*", Only: outside, Reason: chance},
		{
			Func: "time.Sleep", InTests: true, Beside: "testing/synctest",
			Reason: "a test that sleeps is slow or flaky; use testing/synctest or wait for the thing itself",
		},
	}
}

// badNames are names that say nothing.
var badNames = map[string]bool{
	"util": true, "utils": true, "common": true, "helper": true, "helpers": true,
	"base": true, "model": true, "models": true, "types": true,
}

// Check reports every breach of the rules.
func Check(t testing.TB, rules Rules) {
	t.Helper()
	m, err := load(rules.Root)
	if err != nil {
		t.Fatalf("houserules: %v", err)
	}
	c := checker{t: t, rules: rules, module: m}
	c.rules.Calls = append(DefaultCalls(rules.Outside), rules.Calls...)
	c.everyRuleIsAboutSomething()
	for _, p := range m.packages {
		c.habits(p)
		for _, f := range p.files {
			c.imports(p, f)
			c.calls(p, f)
		}
		c.variables(p)
	}
}

type checker struct {
	t      testing.TB
	rules  Rules
	module *module
}

func (c *checker) breach(at token.Pos, format string, args ...any) {
	c.t.Helper()
	c.t.Errorf("%s: "+format, append([]any{c.module.position(at)}, args...)...)
}

// everyRuleIsAboutSomething finds layers of packages that are gone.
func (c *checker) everyRuleIsAboutSomething() {
	for _, l := range c.rules.Layers {
		for _, pattern := range l.Packages {
			if !c.module.has(pattern) {
				c.t.Errorf("no package matches %q of the layer %q", pattern, l.Reason)
			}
		}
	}
}

// layer is the number of the layer a package stands in, or -1.
func (c *checker) layer(dir string) int {
	for i, l := range c.rules.Layers {
		if matchAny(l.Packages, dir) {
			return i
		}
	}
	return -1
}

func (c *checker) imports(p *pkg, f *file) {
	for _, spec := range f.syntax.Imports {
		path := unquoted(spec)
		for _, rule := range c.rules.Imports {
			if match(rule.Path, path) && (rule.Tests || !f.test) && !matchAny(rule.Only, p.dir) {
				c.breach(spec.Pos(), "%s imports %s: %s", p.dir, path, rule.Reason)
			}
		}
		if f.test {
			continue
		}
		if inner, ok := c.module.inside(path); ok {
			c.inward(spec.Pos(), p.dir, inner)
			continue
		}
		for _, rule := range c.rules.Closed {
			if matchAny(rule.Packages, p.dir) && !standard(path) && !matchAny(rule.Allow, path) {
				c.breach(spec.Pos(), "%s imports %s: %s", p.dir, path, rule.Reason)
			}
		}
	}
	if len(c.rules.Layers) > 0 && !f.test && c.layer(p.dir) < 0 {
		c.breach(f.syntax.Package, "%s stands in no layer", p.dir)
	}
}

// inward checks an import of the module's own package.
func (c *checker) inward(at token.Pos, from, to string) {
	mine, theirs := c.layer(from), c.layer(to)
	if mine < 0 || theirs < mine || (theirs == mine && c.rules.Layers[mine].Together) {
		return
	}
	c.breach(at, "%s imports %s, which is not below it: %s", from, to, c.rules.Layers[mine].Reason)
}

func (c *checker) calls(p *pkg, f *file) {
	for _, use := range f.uses() {
		for _, rule := range c.rules.Calls {
			all, isAll := strings.CutSuffix(rule.Func, "*")
			hit := use.name == rule.Func || (isAll && strings.HasPrefix(use.name, all))
			exempt := matchAny(rule.Only, p.dir) || (rule.Beside != "" && f.imports(rule.Beside))
			if hit && f.test == rule.InTests && !exempt {
				c.breach(use.pos, "%s uses %s: %s", p.dir, use.name, rule.Reason)
			}
		}
	}
}

func (c *checker) habits(p *pkg) {
	documented, real := false, false
	for _, f := range p.files {
		if f.test {
			continue
		}
		real = true
		documented = documented || f.syntax.Doc != nil
		for _, fn := range f.functions() {
			if fn.Recv == nil && fn.Name.Name == "init" {
				c.breach(fn.Pos(), "%s has an init: nothing happens by being imported", p.dir)
			}
		}
		if name := f.syntax.Name; badNames[name.Name] {
			c.breach(name.Pos(), "package %s: a name should say what is inside", name.Name)
		}
	}
	if real && !documented {
		c.breach(p.files[0].syntax.Package, "%s has no package comment: say what it is for and what it promises", p.dir)
	}
}
