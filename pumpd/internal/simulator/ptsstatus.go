package simulator

import (
	"encoding/json"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/driver/pts"
)

// idleData is PumpIdleStatus and, with State, PumpOfflineStatus.
type idleData struct {
	Pump              int
	State             string `json:",omitempty"`
	NozzleUp          int
	Nozzle            int
	Transaction       int             `json:",omitempty"`
	Request           string          `json:",omitempty"`
	OrderedNozzle     int             `json:",omitempty"`
	OrderedType       string          `json:",omitempty"`
	OrderedDose       json.RawMessage `json:",omitempty"`
	User              string
	LastDateTimeStart pts.WallTime    `json:",omitempty"`
	LastDateTime      pts.WallTime    `json:",omitempty"`
	LastNozzle        int             `json:",omitempty"`
	LastTransaction   int             `json:",omitempty"`
	LastVolume        json.RawMessage `json:",omitempty"`
	LastPrice         json.RawMessage `json:",omitempty"`
	LastAmount        json.RawMessage `json:",omitempty"`
	LastTotalVolume   json.RawMessage `json:",omitempty"`
	LastTotalAmount   json.RawMessage `json:",omitempty"`
}

// recordData is a delivery in a status, a report, an upload or an information.
type recordData struct {
	DateTimeStart pts.WallTime
	DateTime      pts.WallTime `json:",omitempty"`
	State         string       `json:",omitempty"`
	Pump          int
	Nozzle        int
	Transaction   int
	Volume        json.RawMessage
	TCVolume      json.RawMessage
	Price         json.RawMessage
	Amount        json.RawMessage
	TotalVolume   json.RawMessage `json:",omitempty"`
	TotalAmount   json.RawMessage `json:",omitempty"`
	NozzleUp      *int            `json:",omitempty"`
	IsSuspended   *bool           `json:",omitempty"`
	OrderedType   string          `json:",omitempty"`
	OrderedDose   json.RawMessage `json:",omitempty"`
	User          string          `json:",omitempty"`
	UserID        int             `json:"UserId,omitempty"`
}

// status answers PumpGetStatus: a delayed answer that is due replaces it once.
func (k call) status() pts.Packet {
	s := k.state
	if s.delayed != nil && !k.view.Dark && !k.c.config.Now().Before(s.delayed.ready) {
		kind, data := s.delayed.make(k.view)
		s.delayed = nil
		return k.answer(kind, data)
	}
	switch state := k.view.State; {
	case k.view.Dark:
		d := k.idle()
		d.State = state.String()
		return k.answer(pts.TypeOffline, d)
	case state == driver.Inoperative:
		return k.refuse(errNotSet)
	case state == driver.Finished:
		return k.answer(pts.TypeEnd, k.ended())
	case state == driver.Fuelling || state == driver.Paused:
		return k.answer(pts.TypeFilling, k.filling())
	default:
		return k.answer(pts.TypeIdle, k.idle())
	}
}

func (k call) idle() idleData {
	s, v := k.state, k.view
	d := idleData{Pump: s.number, NozzleUp: v.Nozzle, Nozzle: v.Nozzle, User: s.user}
	switch {
	case s.delayed != nil:
		d.Request = s.delayed.request
	case v.State == driver.Authorized:
		d.Request, d.Transaction, d.OrderedNozzle = "PumpAuthorize", s.pending, v.Order.Nozzle
		d.OrderedType, d.OrderedDose = ordered(v.Order)
	case s.locked:
		d.Request = "PumpLock"
	}
	if v.Last.Nozzle != 0 {
		d.LastNozzle, d.LastTransaction = v.Last.Nozzle, s.numbers[v.Serial]
		d.LastDateTimeStart, d.LastDateTime = k.c.wall(v.Last.StartedAt), k.c.wall(v.Last.EndedAt)
		d.LastVolume, d.LastPrice, d.LastAmount = number(v.Last.Volume), number(v.Last.Price), number(v.Last.Amount)
		d.LastTotalVolume, d.LastTotalAmount = number(v.Last.TotalAfter), number(v.MoneyTotals[v.Last.Nozzle-1])
	}
	return d
}

// ordered is how an order shows in a status.
func ordered(o driver.Order) (kind string, dose json.RawMessage) {
	switch o.Limit {
	case driver.ByMoney:
		return "Amount", number(o.Money)
	case driver.ByVolume:
		return "Volume", number(o.Volume)
	default:
		return "FullTank", nil
	}
}

func (k call) filling() recordData {
	v := k.view
	suspended := v.State == driver.Paused
	d := recordData{
		DateTimeStart: k.c.wall(k.model.flow.began), Pump: k.state.number, Nozzle: k.model.flow.nozzle,
		Transaction: k.state.pending, Volume: number(v.Volume), TCVolume: number(v.Volume),
		Price: number(v.Price), Amount: number(v.Amount), IsSuspended: &suspended, User: k.state.user,
	}
	d.OrderedType, d.OrderedDose = ordered(v.Order)
	return d
}

func (k call) ended() recordData {
	d := k.c.record(k.state, Delivery{Serial: k.view.Serial, Sale: k.view.Last})
	d.NozzleUp, d.User = &k.view.Nozzle, k.state.user
	return d
}

// wall is a moment on the controller's clock.
func (c *PTS) wall(t time.Time) pts.WallTime {
	if t.IsZero() {
		return ""
	}
	return pts.NewWallTime(t, c.config.Zone)
}

// record is a finished delivery as the controller keeps it.
func (c *PTS) record(s *ptsPump, d Delivery) recordData {
	return recordData{
		DateTimeStart: c.wall(d.Sale.StartedAt), DateTime: c.wall(d.Sale.EndedAt),
		Pump: s.number, Nozzle: d.Sale.Nozzle, Transaction: s.numbers[d.Serial],
		Volume: number(d.Sale.Volume), TCVolume: number(d.Sale.Volume),
		Price: number(d.Sale.Price), Amount: number(d.Sale.Amount), TotalVolume: number(d.Sale.TotalAfter),
	}
}

// information answers about one transaction; 0 asks for the last.
func (k call) information() pts.Packet {
	const kind = "PumpTransactionInformation"
	want := whole(k.packet.Data(), "Transaction")
	for i := len(k.view.History) - 1; i >= 0; i-- {
		d := k.view.History[i]
		if has := k.state.numbers[d.Serial]; has == 0 || (want != 0 && has != want) {
			continue
		}
		rec := k.c.record(k.state, d)
		rec.State = "Finished"
		if d.Serial == k.view.Serial && k.model.held {
			rec.State = "EndOfTransaction"
		}
		return k.answer(kind, rec)
	}
	return k.answer(kind, struct {
		Pump, Transaction int
		State             string
	}{k.state.number, want, "Not found"})
}

// report lists the deliveries that ended between two times, of one pump or all.
func (c *PTS) report(p pts.Packet) pts.Packet {
	data := p.Data()
	from, to := data.Text("DateTimeStart"), data.Text("DateTimeEnd")
	if len(from) != len("2006-01-02T15:04:05") || len(to) != len(from) {
		return p.Refuse(48, "JSONPTS_ERROR_TIME_OUT_OF_RANGE")
	}
	lines := []recordData{}
	for _, n := range c.numbersOf() {
		s := c.pumps[n]
		if only := whole(data, "Pump"); only != 0 && only != n {
			continue
		}
		c.config.Station.Do(s.at, func(model *Pump) {
			k := call{c: c, state: s, model: model, view: model.View()}
			k.settle()
			for _, d := range k.view.History {
				at := string(c.wall(d.Sale.EndedAt))
				if s.numbers[d.Serial] != 0 && from <= at && at <= to {
					lines = append(lines, c.record(s, d))
				}
			}
		})
	}
	return answerWith(p, "ReportPumpTransactions", lines)
}
