package dart

import (
	"fmt"
	"slices"

	"forecourt/shared/unit"
)

// Codes of transactions ("Dart Pump Interface"): CD goes to the pump, DC
// comes from it. Some numbers are used in both directions for different things.
const (
	cdCommand  = 0x01
	cdNozzles  = 0x02
	cdVolume   = 0x03
	cdAmount   = 0x04
	cdPrices   = 0x05
	cdTotals   = 0x65
	dcStatus   = 0x01
	dcFilled   = 0x02
	dcNozzle   = 0x03
	dcAlarm    = 0x05
	dcParams   = 0x07
	dcIdentity = 0x09
	dcTotals   = 0x65
)

// Command is what CD1 orders.
type Command byte

// The commands.
const (
	ReturnStatus     Command = 0x00
	ReturnParameters Command = 0x02
	ReturnIdentity   Command = 0x03
	ReturnFilling    Command = 0x04
	Reset            Command = 0x05
	Authorize        Command = 0x06
	Stop             Command = 0x08
	SwitchOff        Command = 0x0A
	Suspend          Command = 0x0D
	Resume           Command = 0x0E
	ReturnPrices     Command = 0x0F
)

// Status is what DC1 tells.
type Status byte

// The statuses.
const (
	NotProgrammed Status = 0
	ResetDone     Status = 1
	Authorized    Status = 2
	Filling       Status = 4
	Complete      Status = 5
	LimitReached  Status = 6
	SwitchedOff   Status = 7
	Suspended     Status = 8
)

// Sizes of figures in bytes of packed BCD.
const (
	figureSize = 4 // volume and amount of a filling
	priceSize  = 3
)

// nozzleOut marks a lifted nozzle in DC3; the low half is its number.
const nozzleOut = 0x10

// Transaction is one order or piece of news inside a block.
type Transaction struct {
	Code byte
	Data []byte
}

// ParseTransactions splits a block. The data are slices of body.
func ParseTransactions(body []byte) ([]Transaction, error) {
	var out []Transaction
	for rest := body; len(rest) > 0; {
		if len(rest) < 2 || len(rest) < 2+int(rest[1]) {
			return nil, fmt.Errorf("%w: %d bytes left over", ErrTransaction, len(rest))
		}
		end := 2 + int(rest[1])
		out = append(out, Transaction{Code: rest[0], Data: rest[2:end:end]})
		rest = rest[end:]
	}
	return out, nil
}

// Append writes the transaction; its data must be at most 255 bytes.
func (t Transaction) Append(dst []byte) []byte {
	return append(append(dst, t.Code, byte(len(t.Data))), t.Data...)
}

// ParseBCD reads packed BCD, most significant digit first, at most 9 bytes.
func ParseBCD(data []byte) (int64, error) {
	const most = 9 // 18 digits fit an int64
	if len(data) == 0 || len(data) > most {
		return 0, fmt.Errorf("%w: %d bytes", ErrFigure, len(data))
	}
	var n int64
	for _, b := range data {
		hi, lo := b>>4, b&0x0F
		if hi > 9 || lo > 9 {
			return 0, fmt.Errorf("%w: byte %02X is not BCD", ErrFigure, b)
		}
		n = n*100 + int64(hi)*10 + int64(lo)
	}
	return n, nil
}

// AppendBCD writes n as size bytes of packed BCD.
func AppendBCD(dst []byte, n int64, size int) ([]byte, error) {
	digits := make([]byte, size)
	rest := n
	for i := range digits {
		digits[size-1-i] = byte(rest/10%10)<<4 | byte(rest%10)
		rest /= 100
	}
	if n < 0 || rest != 0 {
		return dst, fmt.Errorf("%w: %d does not fit %d digits", ErrFigure, n, 2*size)
	}
	return append(dst, digits...), nil
}

// Decimals says how many digits stand after the point on a dispenser's
// displays. Most have two everywhere.
type Decimals struct {
	Volume int `yaml:"volume"`
	Amount int `yaml:"amount"`
	Price  int `yaml:"price"`
}

// DefaultDecimals are 0.01 L, 0.01 yuan and 0.01 yuan a litre.
func DefaultDecimals() Decimals { return Decimals{Volume: 2, Amount: 2, Price: 2} }

// Decimals that units keep.
const (
	moneyDecimals  = 2
	volumeDecimals = 3
)

// check refuses decimals that no dispenser has.
func (d Decimals) check() error {
	const most = 3
	for _, n := range []int{d.Volume, d.Amount, d.Price} {
		if n < 0 || n > most {
			return fmt.Errorf("%w: %d decimals", ErrFigure, n)
		}
	}
	return nil
}

// rescale moves the point from one number of decimals to another. A digit
// that would be lost must be zero.
func rescale(n int64, from, to int) (int64, error) {
	for ; from < to; from++ {
		n *= 10
	}
	for ; from > to; from-- {
		if n%10 != 0 {
			return 0, fmt.Errorf("%w: %d has a digit that the unit cannot hold", ErrFigure, n)
		}
		n /= 10
	}
	return n, nil
}

// parseFigure reads BCD with some decimals into a unit.
func parseFigure[Q unit.Quantity](data []byte, from, to int) (Q, error) {
	n, err := ParseBCD(data)
	if err != nil {
		return 0, err
	}
	n, err = rescale(n, from, to)
	if err == nil && !unit.InRange(Q(n)) {
		err = fmt.Errorf("%w: %d is out of range", ErrFigure, n)
	}
	return Q(n), err
}

func appendFigure[Q unit.Quantity](dst []byte, q Q, size, from, to int) ([]byte, error) {
	n, err := rescale(int64(q), from, to)
	if err != nil {
		return dst, err
	}
	return AppendBCD(dst, n, size)
}

// ParseVolume, ParseAmount and ParsePrice read figures of a dispenser.
func (d Decimals) ParseVolume(data []byte) (unit.Millilitre, error) {
	return parseFigure[unit.Millilitre](data, d.Volume, volumeDecimals)
}

// ParseAmount reads money.
func (d Decimals) ParseAmount(data []byte) (unit.Fen, error) {
	return parseFigure[unit.Fen](data, d.Amount, moneyDecimals)
}

// ParsePrice reads a unit price.
func (d Decimals) ParsePrice(data []byte) (unit.FenPerLitre, error) {
	return parseFigure[unit.FenPerLitre](data, d.Price, moneyDecimals)
}

// AppendVolume writes litres as size bytes.
func (d Decimals) AppendVolume(dst []byte, v unit.Millilitre, size int) ([]byte, error) {
	return appendFigure(dst, v, size, volumeDecimals, d.Volume)
}

// AppendAmount writes money as size bytes.
func (d Decimals) AppendAmount(dst []byte, a unit.Fen, size int) ([]byte, error) {
	return appendFigure(dst, a, size, moneyDecimals, d.Amount)
}

// AppendPrice writes a unit price.
func (d Decimals) AppendPrice(dst []byte, p unit.FenPerLitre) ([]byte, error) {
	return appendFigure(dst, p, priceSize, moneyDecimals, d.Price)
}

// Filled is DC2: what the display shows.
type Filled struct {
	Volume unit.Millilitre
	Amount unit.Fen
}

// ParseFilled reads DC2.
func (d Decimals) ParseFilled(data []byte) (f Filled, err error) {
	if len(data) != 2*figureSize {
		return f, fmt.Errorf("%w: DC2 of %d bytes", ErrTransaction, len(data))
	}
	if f.Volume, err = d.ParseVolume(data[:figureSize]); err != nil {
		return f, fmt.Errorf("volume: %w", err)
	}
	if f.Amount, err = d.ParseAmount(data[figureSize:]); err != nil {
		return f, fmt.Errorf("amount: %w", err)
	}
	return f, nil
}

// Nozzle is DC3: a nozzle, whether it is out, and its price.
type Nozzle struct {
	Price  unit.FenPerLitre
	Number int
	Out    bool
}

// ParseNozzle reads DC3.
func (d Decimals) ParseNozzle(data []byte) (n Nozzle, err error) {
	if len(data) != priceSize+1 {
		return n, fmt.Errorf("%w: DC3 of %d bytes", ErrTransaction, len(data))
	}
	if n.Price, err = d.ParsePrice(data[:priceSize]); err != nil {
		return n, fmt.Errorf("price: %w", err)
	}
	n.Number, n.Out = int(data[priceSize]&0x0F), data[priceSize]&nozzleOut != 0
	return n, nil
}

// Totals is DC101. COUN says of what: 01 to 08 volume of a nozzle, 09 volume
// of all; 11 to 19 hex the same for amounts.
type Totals struct {
	Counter byte
	Volume  unit.Millilitre
	Amount  unit.Fen
	// HasAmount says that this form carries money too.
	HasAmount bool
}

// Lengths by which the forms of DC101 are told apart; they are makers' own,
// so nothing else is a safe sign.
const (
	totalsShort   = 1 + 5         // counter, total
	totalsChinese = 1 + 6 + 6     // counter, volume, amount
	totalsLong    = 1 + 5 + 5 + 5 // counter, total, meter 1, meter 2
)

// firstAmountCounter is where amount counters begin.
const firstAmountCounter = 0x11

// ParseTotals reads DC101 in any of its three forms.
func (d Decimals) ParseTotals(data []byte) (t Totals, err error) {
	if !slices.Contains([]int{totalsShort, totalsChinese, totalsLong}, len(data)) {
		return t, fmt.Errorf("%w: DC101 of %d bytes", ErrTransaction, len(data))
	}
	t.Counter = data[0]
	switch {
	case len(data) == totalsChinese:
		t.HasAmount = true
		if t.Volume, err = d.ParseVolume(data[1:7]); err == nil {
			t.Amount, err = d.ParseAmount(data[7:])
		}
	case t.Counter >= firstAmountCounter:
		t.HasAmount = true
		t.Amount, err = d.ParseAmount(data[1:6])
	default:
		t.Volume, err = d.ParseVolume(data[1:6])
	}
	if err != nil {
		return t, fmt.Errorf("totals of counter %02X: %w", t.Counter, err)
	}
	return t, nil
}

// Place of the decimals in DC7: after 22 reserved bytes stand DPVOL, DPAMO
// and DPUNP. Not confirmed on a real line, so they are used only when asked
// for by configuration.
const (
	paramsDecimalsAt = 22
	paramsLeast      = paramsDecimalsAt + 3
)

// ParseParameters reads the decimals out of DC7.
func ParseParameters(data []byte) (Decimals, error) {
	if len(data) < paramsLeast {
		return Decimals{}, fmt.Errorf("%w: DC7 of %d bytes", ErrTransaction, len(data))
	}
	at := data[paramsDecimalsAt:]
	d := Decimals{Volume: int(at[0]), Amount: int(at[1]), Price: int(at[2])}
	return d, d.check()
}
