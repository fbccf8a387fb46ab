package simulator

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/driver/pts"
	"forecourt/shared/unit"
)

// ptsError is a way the controller says no.
type ptsError struct {
	code    int
	message string
}

// The errors that the simulated controller uses.
var (
	errUnknown     = ptsError{1, "JSONPTS_ERROR_NOT_FOUND"}
	errRequest     = ptsError{2, "INVALID_JSON_REQUEST"}
	errPumpNumber  = ptsError{20, "JSONPTS_ERROR_PUMP_NUMBER_OUT_OF_RANGE"}
	errTransaction = ptsError{27, "JSONPTS_ERROR_TRANSACTION_NUMBER_NOT_MATCH"}
	errNozzle      = ptsError{33, "JSONPTS_ERROR_NOZZLE_NUMBER_OUT_OF_RANGE"}
	errDuplicate   = ptsError{39, "JSONPTS_ERROR_DUPLICATED_AUTHORIZATION_REQUEST"}
	errOtherUser   = ptsError{40, "JSONPTS_ERROR_PUMP_BUSY_OTHER_USER"}
	errBusy        = ptsError{41, "JSONPTS_ERROR_PUMP_BUSY_OTHER_REQUEST_EXECUTED"}
	errFilling     = ptsError{42, "JSONPTS_ERROR_PUMP_BUSY_FILLING"}
	errNotFilling  = ptsError{43, "JSONPTS_ERROR_PUMP_NOT_IN_FILLING_PROCESS"}
	errUser        = ptsError{46, "JSONPTS_ERROR_USER_NOT_MATCH"}
	errNotSet      = ptsError{52, "JSONPTS_ERROR_PUMP_IS_NOT_CONFIGURED"}
	errNotEnded    = ptsError{69, "JSONPTS_ERROR_PUMP_STATUS_NOT_END_OF_TRANSACTION"}
	errNotLocked   = ptsError{91, "JSONPTS_ERROR_PUMP_NOT_LOCKED_BY_USER"}
)

// call is one request for one pump, with the pump held still.
type call struct {
	c      *PTS
	user   string
	packet pts.Packet
	state  *ptsPump
	model  *Pump
	view   View
}

// refuse answers no; who holds the pump is told along.
func (k call) refuse(e ptsError) pts.Packet {
	p := k.packet.Refuse(e.code, e.message)
	if e == errOtherUser || e == errUser {
		p["Data"] = encoded(struct {
			Pump int
			User string
		}{k.state.number, k.state.user})
	}
	return p
}

// accept answers OK.
func (k call) accept() pts.Packet { return k.packet.Accept() }

func (k call) answer(kind string, data any) pts.Packet { return answerWith(k.packet, kind, data) }

func answerWith(p pts.Packet, kind string, data any) pts.Packet {
	out := p.Accept()
	delete(out, "Message")
	out["Type"], out["Data"] = encoded(kind), encoded(data)
	return out
}

// encoded is a value as JSON; the values here are all of this package's types.
func encoded(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // a defect: a type that cannot be encoded
	}
	return data
}

// number is a decimal as the controller writes it.
func number[Q interface{ String() string }](q Q) json.RawMessage { return json.RawMessage(q.String()) }

// whole reads a whole number; 0 if there is none.
func whole(o pts.Object, name string) int {
	n, err := pts.Scaled(cmp.Or(o.Text(name), "0"), 0)
	if err != nil {
		return 0
	}
	return int(n)
}

// answerOne answers one request. Requests of the document that this
// controller has no equipment for are known all the same.
func (c *PTS) answerOne(user string, p pts.Packet) pts.Packet {
	kind := p.Type()
	if _, known := pts.Requests()[kind]; !known {
		return p.Refuse(errUnknown.code, errUnknown.message)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if kind == "ReportGetPumpTransactions" {
		return c.report(p)
	}
	if !strings.HasPrefix(kind, "Pump") {
		return c.setting(p)
	}
	state := c.pumps[whole(p.Data(), "Pump")]
	if state == nil {
		return p.Refuse(errPumpNumber.code, errPumpNumber.message)
	}
	var out pts.Packet
	c.config.Station.Do(state.at, func(model *Pump) {
		k := call{c: c, user: user, packet: p, state: state, model: model, view: model.View()}
		k.settle()
		k.view = model.View()
		out = k.answerPump()
	})
	return out
}

// answerPump answers a pump request. The pump's own requests are a table;
// what is not in it needs equipment that is not simulated and answers OK.
func (k call) answerPump() pts.Packet {
	table := map[string]func() pts.Packet{
		"PumpGetStatus": k.status, "PumpAuthorize": k.authorize, "PumpCloseTransaction": k.close,
		"PumpStop": k.stop, "PumpEmergencyStop": k.emergencyStop, "PumpSuspend": k.suspend, "PumpResume": k.resume,
		"PumpLock": k.lock, "PumpUnlock": k.unlock, "PumpSetPrices": k.setPrices,
		"PumpGetTotals": k.totals, "PumpGetPrices": k.prices, "PumpGetDisplayData": k.display,
		"PumpGetLastSavedTotals": k.savedTotals, "PumpGetTransactionInformation": k.information,
	}
	if do, ok := table[k.packet.Type()]; ok {
		return do()
	}
	if kind := pts.Requests()[k.packet.Type()]; kind != "" {
		return k.answer(kind, struct{ Pump int }{k.state.number})
	}
	return k.accept()
}

// settle brings the controller's memory up to what the pump did: new
// deliveries get their number, closed ones free the pump. Of a pump without
// power it learns nothing.
func (k call) settle() {
	s := k.state
	if k.view.Dark {
		return
	}
	for s.serial < k.view.Serial {
		s.serial++
		if s.pending == 0 { // not authorised through this controller
			s.pending = k.c.number()
		}
		s.numbers[s.serial] = s.pending
		delete(s.numbers, s.serial-maxHistory)
		s.pending = 0
	}
	if s.auto && k.view.Held {
		k.model.Release()
		s.auto = false
	}
	if k.view.Order == (driver.Order{}) && !k.model.held && k.model.phase == resting && !s.locked {
		s.user = ""
	}
}

// number gives out the next transaction number: 16 bits, never zero.
func (c *PTS) number() int {
	n := c.next
	c.next = n%lastTransaction + 1
	return n
}

// free reports whether the user may act on the pump.
func (k call) free() bool { return k.state.user == "" || k.state.user == k.user }

func (k call) authorize() pts.Packet {
	data := k.packet.Data()
	order := driver.Order{Nozzle: whole(data, "Nozzle")}
	dose, okDose := quantity(data, "Dose")
	price, okPrice := quantity(data, "Price")
	order.Price = unit.FenPerLitre(price / fenScale)
	switch data.Text("Type") {
	case "Volume":
		order.Limit, order.Volume = driver.ByVolume, unit.Millilitre(dose)
	case "Amount":
		order.Limit, order.Money = driver.ByMoney, unit.Fen(dose/fenScale)
	}
	switch {
	case !okDose || !okPrice:
		return k.refuse(errRequest)
	case !k.free():
		return k.refuse(errOtherUser)
	case order.Nozzle < 1 || order.Nozzle > len(k.view.Prices):
		return k.refuse(errNozzle)
	case k.view.State == driver.Authorized:
		return k.refuse(errDuplicate)
	case k.view.State == driver.Fuelling || k.view.State == driver.Paused:
		return k.refuse(errFilling)
	}
	if err := k.model.Authorize(order); err != nil {
		return k.refuse(errBusy)
	}
	k.state.user, k.state.auto = k.user, data.Flag("AutoCloseTransaction")
	k.state.pending = k.c.number()
	return k.answer("PumpAuthorizeConfirmation", struct{ Pump, Transaction int }{k.state.number, k.state.pending})
}

// fenScale turns thousandths, in which figures are read, into hundredths.
const fenScale = 10

// quantity reads a decimal in thousandths; none is zero.
func quantity(o pts.Object, name string) (int64, bool) {
	n, err := pts.Scaled(cmp.Or(o.Text(name), "0"), 3)
	return n, err == nil && n >= 0
}

func (k call) close() pts.Packet {
	switch {
	case !k.model.held || k.model.dark:
		return k.refuse(errNotEnded)
	case whole(k.packet.Data(), "Transaction") != k.state.numbers[k.view.Serial]:
		return k.refuse(errTransaction)
	case !k.free():
		return k.refuse(errUser)
	}
	k.model.Release()
	if !k.state.locked {
		k.state.user = ""
	}
	return k.accept()
}

func (k call) stop() pts.Packet {
	switch {
	case !k.free():
		return k.refuse(errOtherUser)
	case k.view.Order == (driver.Order{}):
		return k.refuse(errNotFilling)
	}
	k.model.Stop()
	return k.accept()
}

// emergencyStop works for every user and frees the lock.
func (k call) emergencyStop() pts.Packet {
	k.model.Stop()
	k.state.locked = false
	if !k.model.held {
		k.state.user = ""
	}
	return k.accept()
}

func (k call) suspend() pts.Packet {
	return k.whileFilling(driver.Fuelling, (*Pump).Suspend)
}

func (k call) resume() pts.Packet {
	return k.whileFilling(driver.Paused, (*Pump).Resume)
}

func (k call) whileFilling(state driver.State, do func(*Pump)) pts.Packet {
	switch {
	case !k.free():
		return k.refuse(errOtherUser)
	case k.view.State != state:
		return k.refuse(errNotFilling)
	}
	do(k.model)
	return k.accept()
}

func (k call) lock() pts.Packet {
	if !k.free() {
		return k.refuse(errOtherUser)
	}
	k.state.user, k.state.locked = k.user, true
	return k.accept()
}

func (k call) unlock() pts.Packet {
	if !k.state.locked || !k.free() {
		return k.refuse(errNotLocked)
	}
	k.state.locked = false
	if k.view.Order == (driver.Order{}) && !k.model.held {
		k.state.user = ""
	}
	return k.accept()
}

func (k call) setPrices() pts.Packet {
	var prices []unit.FenPerLitre
	for _, text := range k.packet.Data().Strings("Prices") {
		n, err := pts.Scaled(text, 2)
		if err != nil || n < 0 {
			return k.refuse(errRequest)
		}
		prices = append(prices, unit.FenPerLitre(n))
	}
	if err := k.model.SetPrices(prices); err != nil {
		return k.refuse(errBusy)
	}
	return k.accept()
}

// later promises an answer that will come instead of a status.
func (k call) later(make func(View) (string, any)) pts.Packet {
	switch {
	case k.state.delayed != nil:
		return k.refuse(errBusy)
	case k.view.Dark:
		return k.refuse(errBusy)
	case k.view.State == driver.Fuelling || k.view.State == driver.Paused:
		return k.refuse(errFilling)
	}
	ready := k.c.config.Now().Add(max(k.c.config.DelayedAfter, time.Nanosecond))
	k.state.delayed = &delayedAnswer{request: k.packet.Type(), ready: ready, make: make}
	return k.accept()
}

func (k call) totals() pts.Packet {
	nozzle := whole(k.packet.Data(), "Nozzle")
	if nozzle < 1 || nozzle > len(k.view.Totals) {
		return k.refuse(errNozzle)
	}
	return k.later(func(v View) (string, any) { return pts.TypeTotals, k.totalsOf(v, nozzle) })
}

func (k call) savedTotals() pts.Packet {
	return k.answer(pts.TypeTotals, k.totalsOf(k.view, max(k.view.Last.Nozzle, 1)))
}

func (k call) totalsOf(v View, nozzle int) any {
	return struct {
		Pump, Nozzle   int
		Volume, Amount json.RawMessage
		Transaction    int
		User           string
	}{k.state.number, nozzle, number(v.Totals[nozzle-1]), number(v.MoneyTotals[nozzle-1]), k.state.numbers[v.Serial], k.user}
}

func (k call) prices() pts.Packet {
	return k.later(func(v View) (string, any) {
		prices := make([]json.RawMessage, len(v.Prices))
		for i, p := range v.Prices {
			prices[i] = number(p)
		}
		return pts.TypePrices, struct {
			Pump   int
			Prices []json.RawMessage
			User   string
		}{k.state.number, prices, k.user}
	})
}

func (k call) display() pts.Packet {
	return k.later(func(v View) (string, any) {
		return "PumpDisplayData", struct {
			Pump, LastNozzle, LastTransaction int
			Volume, Amount                    json.RawMessage
			User                              string
		}{k.state.number, v.Last.Nozzle, k.state.numbers[v.Serial], number(v.Volume), number(v.Amount), k.user}
	})
}
