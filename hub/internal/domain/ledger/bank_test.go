package ledger

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// newBank opens accounts 1 to n, guarded, each with 1000.00 from account 0,
// which nothing guards.
func newBank(t *testing.T, n int) *mysql.DB {
	db := mysqltest.New(t)
	accounts := []Account{{ID: account(0), Code: "outside", Guard: GuardNone}}
	for i := 1; i <= n; i++ {
		accounts = append(accounts, Account{ID: account(i), Code: fmt.Sprint(i), Guard: GuardDebit})
	}
	for i := range accounts {
		accounts[i].Station = id.Station{1}
	}
	if err := Open(t.Context(), db, accounts); err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= n; i++ {
		if err := Transact(t.Context(), db, transfer(Move, i, 0, 100000)); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// balances is debit over credit by account number.
func balances(t *testing.T, db *mysql.DB) map[string]unit.Fen {
	t.Helper()
	list, err := Accounts(t.Context(), db, id.Station{1})
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]unit.Fen{}
	for _, a := range list {
		sums[a.Code] = a.Debit - a.Credit
	}
	return sums
}

func sound(t *testing.T, db *mysql.DB) {
	t.Helper()
	report, err := Verify(t.Context(), db)
	if err != nil || !report.Sound() {
		t.Errorf("the ledger is not sound: %+v, %v", report, err)
	}
}

// TestBank moves random amounts between five accounts with 1, 8 and 64
// writers: no fen is made or lost, nothing goes below zero, and no transaction
// has to be run again because of a deadlock.
func TestBank(t *testing.T) {
	for _, writers := range []int{1, 8, 64} {
		t.Run(fmt.Sprint(writers), func(t *testing.T) {
			db := newBank(t, 5)
			const each = 12
			before := db.Retries()
			var wg sync.WaitGroup
			var refused, moved atomic.Int64
			for w := range writers {
				random := rand.New(rand.NewPCG(1, uint64(w)))
				wg.Go(func() {
					for range each {
						from := 1 + random.IntN(5)
						to := 1 + (from+random.IntN(4))%5
						move := transfer(Move, to, from, unit.Fen(1+random.IntN(60000)))
						// Every transfer is told twice: once is enough.
						for range 2 {
							err := Transact(t.Context(), db, move)
							if errors.Is(err, ErrGuard) {
								refused.Add(1)
							} else if err != nil {
								t.Errorf("moving: %v", err)
							}
						}
						moved.Add(1)
					}
				})
			}
			wg.Wait()
			var total unit.Fen
			for code, balance := range balances(t, db) {
				if code != "outside" && balance < 0 {
					t.Errorf("account %s stands at %s", code, balance)
				}
				if code != "outside" {
					total += balance
				}
			}
			if total != 5*100000 {
				t.Errorf("5000.00 became %s", total)
			}
			if again := db.Retries() - before; again != 0 {
				t.Errorf("%d transactions had to be run again", again)
			}
			sound(t, db)
			t.Logf("%d transfers told twice, %d refusals", moved.Load(), refused.Load())
		})
	}
}

func TestTransferToldAgain(t *testing.T) {
	db := newBank(t, 2)
	move := transfer(Move, 1, 2, 100000) // empties account 2
	for range 3 {
		if err := Transact(t.Context(), db, move); err != nil {
			t.Errorf("told again: %v", err)
		}
	}
	other := move
	other.Amount = 1
	if err := Transact(t.Context(), db, other); !errors.Is(err, ErrReused) {
		t.Errorf("the same id with another amount: %v", err)
	}
	if err := Transact(t.Context(), db, transfer(Move, 1, 2, 1)); !errors.Is(err, ErrGuard) {
		t.Errorf("out of an empty account: %v", err)
	}
	if err := Transact(t.Context(), db, transfer(Move, 1, 9, 1)); !errors.Is(err, ErrNoAccount) {
		t.Errorf("out of no account: %v", err)
	}
	if got := balances(t, db); got["1"] != 200000 || got["2"] != 0 {
		t.Errorf("balances %v", got)
	}
	sound(t, db)
}

func TestReservationIsResolvedOnce(t *testing.T) {
	db := newBank(t, 2)
	hold := transfer(Pending, 1, 2, 50000)
	hold.ExpiresAt = testNow.Add(time.Minute)
	if err := Transact(t.Context(), db, hold); err != nil {
		t.Fatal(err)
	}
	if err := Transact(t.Context(), db, transfer(Move, 1, 2, 50001)); !errors.Is(err, ErrGuard) {
		t.Errorf("spending what is reserved: %v", err)
	}
	sound(t, db)
	post := ending(Post, hold, 18000, testNow)
	for range 2 {
		if err := Transact(t.Context(), db, post); err != nil {
			t.Errorf("posting: %v", err)
		}
	}
	if err := Transact(t.Context(), db, ending(Void, hold, 50000, testNow)); err == nil {
		t.Error("a posted reservation was voided")
	}
	// The 320.00 that were not used are free at once.
	if err := Transact(t.Context(), db, transfer(Move, 1, 2, 82000)); err != nil {
		t.Errorf("spending what was released: %v", err)
	}
	if got := balances(t, db); got["1"] != 200000 || got["2"] != 0 {
		t.Errorf("balances %v", got)
	}
	sound(t, db)
}

func TestReservationExpires(t *testing.T) {
	db := newBank(t, 2)
	hold, forever := transfer(Pending, 1, 2, 50000), transfer(Pending, 1, 2, 10000)
	hold.ExpiresAt = testNow.Add(time.Minute)
	if err := Transact(t.Context(), db, hold, forever); err != nil {
		t.Fatal(err)
	}
	if due, err := Due(t.Context(), db, testNow, 10); len(due) != 0 || err != nil {
		t.Errorf("due before the time: %v, %v", due, err)
	}
	due, err := Due(t.Context(), db, hold.ExpiresAt, 10)
	if err != nil || len(due) != 1 || due[0] != hold {
		t.Fatalf("due %+v, %v", due, err)
	}
	if err := Transact(t.Context(), db, ending(Expire, due[0], due[0].Amount, hold.ExpiresAt)); err != nil {
		t.Fatal(err)
	}
	if due, err := Due(t.Context(), db, hold.ExpiresAt, 10); len(due) != 0 || err != nil {
		t.Errorf("due after it expired: %v, %v", due, err)
	}
	sound(t, db)
}

// TestReservationsAtOnce has many end the same reservation at once, each in
// its own way: one of them does.
func TestReservationsAtOnce(t *testing.T) {
	db := newBank(t, 2)
	for range 5 {
		hold := transfer(Pending, 1, 2, 1000)
		if err := Transact(t.Context(), db, hold); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var done atomic.Int64
		for i := range 8 {
			kind := []Kind{Post, Void}[i%2]
			wg.Go(func() {
				err := Transact(t.Context(), db, ending(kind, hold, 1000, testNow))
				if err == nil {
					done.Add(1)
				} else if !errors.Is(err, ErrPending) && !errors.Is(err, ErrGuard) {
					t.Errorf("%s: %v", kind, err)
				}
			})
		}
		wg.Wait()
		if done.Load() != 1 {
			t.Errorf("resolved %d times", done.Load())
		}
	}
	sound(t, db)
}

func TestVerifyFindsAForgery(t *testing.T) {
	db := newBank(t, 2)
	sound(t, db)
	if _, err := db.ExecContext(t.Context(), "UPDATE ledger_account SET debit_fen = debit_fen + 1 WHERE code = '1'"); err != nil {
		t.Fatal(err)
	}
	report, err := Verify(t.Context(), db)
	if err != nil || report.Sound() || len(report.Wrong) != 1 || report.Debit == report.Credit {
		t.Errorf("an invented fen was not found: %+v, %v", report, err)
	}
}
