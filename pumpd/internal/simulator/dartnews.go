package simulator

import (
	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/driver/dart"
	"forecourt/shared/unit"
)

// news is the next block to tell: answers first, then what changed; nil if
// there is nothing.
func (s *dartSide) news() []byte {
	now := s.look()
	body := s.answers
	s.answers = nil
	if !s.told.valid || now.filled != s.told.filled {
		body = now.filledNews(s).Append(body)
	}
	if !s.told.valid || now.nozzle != s.told.nozzle {
		body = now.nozzleNews(s).Append(body)
	}
	if !s.told.valid || now.status != s.told.status {
		body = now.statusNews().Append(body)
	}
	s.told = now
	return body
}

// look is what a host would want to know now.
func (s *dartSide) look() dartNews {
	v := s.view()
	if v.Lifted {
		s.nozzle = v.Nozzle
	}
	price := unit.FenPerLitre(0)
	if s.nozzle > 0 {
		price = v.Prices[s.nozzle-1]
	}
	if v.State == driver.Fuelling || v.State == driver.Paused {
		price = v.Price
	}
	return dartNews{
		valid: true, status: s.status(), filled: dart.Filled{Volume: v.Volume, Amount: v.Amount},
		nozzle: dart.Nozzle{Price: price, Number: s.nozzle, Out: v.Lifted},
	}
}

func (n dartNews) statusNews() dart.Transaction {
	return dart.Transaction{Code: txStatus, Data: []byte{byte(n.status)}}
}

func (n dartNews) filledNews(s *dartSide) dart.Transaction {
	const size = 4
	return dart.Transaction{Code: txFilled, Data: append(s.volume(n.filled.Volume, size), s.money(n.filled.Amount, size)...)}
}

func (n dartNews) nozzleNews(s *dartSide) dart.Transaction { return s.nozzleNews(n.nozzle) }

func (s *dartSide) nozzleNews(n dart.Nozzle) dart.Transaction {
	const out = 0x10
	flags := byte(n.Number)
	if n.Out {
		flags |= out
	}
	return dart.Transaction{Code: txNozzle, Data: append(s.price(n.Price), flags)}
}

// volume writes litres in the display's decimals; a face with fewer than the
// pump counts shows the lower figure, as displays do.
func (s *dartSide) volume(v unit.Millilitre, size int) []byte {
	d := s.face.config.Decimals
	for v > 0 {
		if b, err := d.AppendVolume(nil, v, size); err == nil {
			return b
		}
		v--
	}
	return make([]byte, size)
}

// money writes an amount; one beyond the digits of the display is zeros.
func (s *dartSide) money(a unit.Fen, size int) []byte {
	b, err := s.face.config.Decimals.AppendAmount(nil, a, size)
	if err != nil {
		return make([]byte, size)
	}
	return b
}

// price writes a unit price; one that the display cannot show is zeros.
func (s *dartSide) price(p unit.FenPerLitre) []byte {
	const size = 3
	b, err := s.face.config.Decimals.AppendPrice(nil, p)
	if err != nil {
		return make([]byte, size)
	}
	return b
}

// fillingNews answers a request for the filling: figures, the nozzle they
// belong to, and the nozzle that is out if it is another one.
func (s *dartSide) fillingNews() []byte {
	v, now := s.view(), s.look()
	body := now.filledNews(s).Append(nil)
	if !v.Held || v.Last.Nozzle == now.nozzle.Number {
		return now.nozzleNews(s).Append(body)
	}
	body = s.nozzleNews(dart.Nozzle{Price: v.Last.Price, Number: v.Last.Nozzle}).Append(body)
	return now.nozzleNews(s).Append(body)
}

// priceNews answers a request for all prices, nozzle by nozzle; the last is
// the one that is out, or was last.
func (s *dartSide) priceNews() []byte {
	now := s.look()
	var body []byte
	for i, p := range s.view().Prices {
		body = s.nozzleNews(dart.Nozzle{Price: p, Number: i + 1}).Append(body)
	}
	if now.nozzle.Number > 0 {
		body = now.nozzleNews(s).Append(body)
	}
	return body
}

// totals answers a request for a volume totalizer.
func (s *dartSide) totals(counter byte) dart.Transaction {
	v := s.view()
	var volume unit.Millilitre
	var money unit.Fen
	if n := int(counter); n >= 1 && n <= len(v.Totals) {
		volume, money = v.Totals[n-1], v.MoneyTotals[n-1]
	}
	const five, six = 5, 6
	data := []byte{counter}
	switch s.face.config.Totals {
	case ChineseTotals:
		data = append(append(data, s.volume(volume, six)...), s.money(money, six)...)
	case ShortTotals:
		data = append(data, s.volume(volume, five)...)
	default:
		total := s.volume(volume, five)
		data = append(append(append(data, total...), total...), make([]byte, five)...)
	}
	return dart.Transaction{Code: txTotals, Data: data}
}

// parameters tells the decimals; the rest of the block is reserved.
func (s *dartSide) parameters() dart.Transaction {
	const size, at = 51, 22
	data := make([]byte, size)
	d := s.face.config.Decimals
	data[at], data[at+1], data[at+2] = byte(d.Volume), byte(d.Amount), byte(d.Price)
	return dart.Transaction{Code: txParams, Data: data}
}
