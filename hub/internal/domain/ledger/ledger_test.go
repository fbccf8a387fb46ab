package ledger

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/shared/id"
	"forecourt/shared/unit"
)

var (
	testIDs = id.NewMaker(func() time.Time { return testNow }, rand.Reader)
	testNow = time.Date(2026, 3, 12, 1, 0, 0, 0, time.UTC)
)

// account is the n-th account of the tests.
func account(n int) id.Account { return id.Account{0xac, byte(n)} }

func transfer(kind Kind, debit, credit int, amount unit.Fen) Transfer {
	return Transfer{
		ID: id.New[id.Transfer](testIDs), Kind: kind, Debit: account(debit), Credit: account(credit),
		Amount: amount, Purpose: "test", At: testNow,
	}
}

// ending is a transfer that resolves a pending one.
func ending(kind Kind, p Transfer, amount unit.Fen, at time.Time) Transfer {
	t := p
	t.ID, t.Kind, t.Amount, t.Resolves, t.ExpiresAt, t.At = id.New[id.Transfer](testIDs), kind, amount, p.ID, time.Time{}, at
	return t
}

func TestCheckRefuses(t *testing.T) {
	good := transfer(Move, 1, 2, 100)
	if err := good.Check(); err != nil {
		t.Fatalf("a good transfer: %v", err)
	}
	for name, spoil := range map[string]func(*Transfer){
		"no id":                func(t *Transfer) { t.ID = id.Transfer{} },
		"no debit":             func(t *Transfer) { t.Debit = id.Account{} },
		"one account":          func(t *Transfer) { t.Credit = t.Debit },
		"nothing":              func(t *Transfer) { t.Amount = 0 },
		"negative":             func(t *Transfer) { t.Amount = -1 },
		"beyond range":         func(t *Transfer) { t.Amount = unit.Max + 1 },
		"unknown kind":         func(t *Transfer) { t.Kind = "gift" },
		"post of nothing":      func(t *Transfer) { t.Kind = Post },
		"move that resolves":   func(t *Transfer) { t.Resolves = t.ID },
		"move that expires":    func(t *Transfer) { t.ExpiresAt = testNow },
		"expire without cause": func(t *Transfer) { t.Kind = Expire },
	} {
		bad := good
		spoil(&bad)
		if err := bad.Check(); !errors.Is(err, ErrTransfer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestResolving(t *testing.T) {
	p := transfer(Pending, 1, 2, 500)
	p.ExpiresAt = testNow.Add(time.Minute)
	other := transfer(Pending, 1, 3, 500)
	soon, late := testNow.Add(time.Second), p.ExpiresAt
	for _, c := range []struct {
		name string
		t    Transfer
		ok   bool
	}{
		{"post all", ending(Post, p, 500, soon), true},
		{"post some", ending(Post, p, 180, soon), true},
		{"post too much", ending(Post, p, 501, soon), false},
		{"post too late", ending(Post, p, 500, late), false},
		{"void", ending(Void, p, 500, soon), true},
		{"void some", ending(Void, p, 100, soon), false},
		{"expire", ending(Expire, p, 500, late), true},
		{"expire too soon", ending(Expire, p, 500, soon), false},
		{"of other accounts", Transfer{Kind: Void, Debit: account(1), Credit: account(2), Amount: 500, Resolves: other.ID}, false},
	} {
		against := p
		if c.t.Resolves == other.ID {
			against = other
		}
		if err := c.t.resolve(against); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrPending) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestPlanBalances plans any transfers and finds the accounts in ascending
// order and every sum equal on both sides.
func TestPlanBalances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pending := map[id.Transfer]Transfer{}
		var list []Transfer
		model := map[id.Account][4]unit.Fen{} // debit, credit, and both pending
		add := func(a id.Account, place int, amount unit.Fen) {
			m := model[a]
			m[place] += amount
			model[a] = m
		}
		for range rapid.IntRange(1, 30).Draw(t, "transfers") {
			debit := rapid.IntRange(1, 5).Draw(t, "debit")
			credit := rapid.IntRange(1, 5).Filter(func(n int) bool { return n != debit }).Draw(t, "credit")
			amount := unit.Fen(rapid.Int64Range(1, 1_000_000_000).Draw(t, "amount"))
			p := transfer(Pending, debit, credit, amount)
			switch kind := rapid.SampledFrom([]Kind{Move, Pending, Post, Void}).Draw(t, "kind"); kind {
			case Move:
				p.Kind = Move
				list = append(list, p)
				add(p.Debit, 0, amount)
				add(p.Credit, 1, amount)
			case Pending:
				list = append(list, p)
				add(p.Debit, 2, amount)
				add(p.Credit, 3, amount)
			default:
				pending[p.ID] = p
				moved := amount
				if kind == Post {
					moved = unit.Fen(rapid.Int64Range(1, int64(amount)).Draw(t, "posted"))
					add(p.Debit, 0, moved)
					add(p.Credit, 1, moved)
				}
				list = append(list, ending(kind, p, moved, testNow))
				add(p.Debit, 2, -amount)
				add(p.Credit, 3, -amount)
			}
		}
		changes, err := plan(list, pending)
		if err != nil {
			t.Fatal(err)
		}
		var debit, credit, debitPending, creditPending unit.Fen
		for i, c := range changes {
			if i > 0 && bytes.Compare(changes[i-1].account[:], c.account[:]) >= 0 {
				t.Fatal("accounts are not in ascending order")
			}
			if got := [4]unit.Fen{c.debit, c.credit, c.debitPending, c.creditPending}; got != model[c.account] {
				t.Fatalf("account %s: %v, want %v", c.account, got, model[c.account])
			}
			debit, credit = debit+c.debit, credit+c.credit
			debitPending, creditPending = debitPending+c.debitPending, creditPending+c.creditPending
		}
		if debit != credit || debitPending != creditPending || len(changes) != len(model) {
			t.Fatalf("does not balance: %s/%s, pending %s/%s", debit, credit, debitPending, creditPending)
		}
	})
}

func TestChartIsOfTheStation(t *testing.T) {
	a, b := Chart(id.Station{1}), Chart(id.Station{2})
	for i := range a {
		if a[i].ID == b[i].ID || a[i].ID != AccountID(id.Station{1}, a[i].Code) {
			t.Errorf("account %s has id %s and %s", a[i].Code, a[i].ID, b[i].ID)
		}
	}
}
