package dart

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxLine bounds one line of hex text given to Decode.
const maxLine = 1 << 20

// Shown is one frame as Decode prints it.
type Shown struct {
	// Bytes as they came.
	Bytes   string `json:"bytes"`
	Address string `json:"address,omitempty"`
	Kind    string `json:"kind,omitempty"`
	TX      *int   `json:"tx,omitempty"`
	// From is "host" or "pump" where the frame shows it; a DATA frame may
	// leave it open, and then its transactions are read both ways.
	From string `json:"from,omitempty"`
	// CRC is "ok" or what is wrong; absent on frames that have none.
	CRC          string      `json:"crc,omitempty"`
	Transactions []ShownItem `json:"transactions,omitempty"`
	// Skipped counts bytes before the frame that belong to nothing.
	Skipped int `json:"skipped,omitempty"`
	// Error says why the bytes are no frame, or a block no transactions.
	Error string `json:"error,omitempty"`
}

// ShownItem is one transaction in words.
type ShownItem struct {
	Code string `json:"code"`
	Data string `json:"data"`
	// Host is what it says if a host sent it, Pump if a pump did.
	Host string `json:"host,omitempty"`
	Pump string `json:"pump,omitempty"`
}

// Decode reads frames as hex text and writes what each means, one JSON object
// a line, with two decimals on every figure. Spaces, colons, commas, 0x and
// everything from # to the end of a line are ignored; frames may run over
// lines. It answers how many were bad: wrong checksum or shape, bytes that
// belong to no frame, transactions that do not fit. A text that is not hex
// is an error.
func Decode(r io.Reader, w io.Writer) (bad int, err error) {
	in := bufio.NewScanner(r)
	in.Buffer(nil, maxLine)
	out := json.NewEncoder(w)
	var raw []byte
	show := func() error {
		shown, good := describe(raw)
		if !good {
			bad++
		}
		raw = nil
		return out.Encode(shown)
	}
	for line := 1; in.Scan(); line++ {
		bytes, err := parseHex(in.Text())
		if err != nil {
			return bad, fmt.Errorf("line %d: %w", line, err)
		}
		for _, b := range bytes {
			escaped := len(raw) > 0 && raw[len(raw)-1] == escape
			raw = append(raw, b)
			if (b == endOfFrame && !escaped) || len(raw) > maxRaw {
				if err := show(); err != nil {
					return bad, fmt.Errorf("writing: %w", err)
				}
			}
		}
	}
	if err := in.Err(); err != nil {
		return bad, fmt.Errorf("reading hex: %w", err)
	}
	if len(raw) > 0 {
		return bad, show()
	}
	return bad, nil
}

// parseHex reads one line of a dump.
func parseHex(line string) ([]byte, error) {
	line, _, _ = strings.Cut(line, "#")
	clean := strings.NewReplacer("0x", "", "0X", "", " ", "", "\t", "", ":", "", ",", "", "\r", "").Replace(line)
	b, err := hex.DecodeString(clean)
	if err != nil {
		return nil, fmt.Errorf("not hex: %w", err)
	}
	return b, nil
}

// describe puts one frame into words.
func describe(raw []byte) (Shown, bool) {
	s := Shown{Bytes: spaced(raw)}
	f, skipped, err := findFrame(raw)
	if err != nil {
		s.Error = err.Error()
		if strings.Contains(s.Error, "checksum") {
			s.CRC = "bad"
		}
		return s, false
	}
	s.Address, s.Kind, s.Skipped = fmt.Sprintf("%02X", f.Address), f.Kind.String(), skipped
	if f.Kind != Poll && f.Kind != EOT {
		tx := int(f.TX)
		s.TX = &tx
	}
	switch f.Kind {
	case Poll, AckPoll:
		s.From = "host"
	case EOT:
		s.From = "pump"
	case Data:
		s.CRC = "ok"
		if err := s.describeBody(f.Body); err != nil {
			s.Error = err.Error()
			return s, false
		}
	}
	return s, skipped == 0
}

// describeBody reads each transaction both ways, and settles on one side
// where any of them makes sense only from there.
func (s *Shown) describeBody(body []byte) error {
	list, err := ParseTransactions(body)
	if err != nil {
		return err
	}
	onlyHost, onlyPump := false, false
	for _, t := range list {
		item := ShownItem{Code: fmt.Sprintf("%02X", t.Code), Data: spaced(t.Data), Host: hostWords(t), Pump: pumpWords(t)}
		onlyHost = onlyHost || item.Host != "" && item.Pump == ""
		onlyPump = onlyPump || item.Pump != "" && item.Host == ""
		s.Transactions = append(s.Transactions, item)
	}
	switch {
	case onlyHost && onlyPump:
		return errors.New("orders and news in one block")
	case onlyHost:
		s.From = "host"
	case onlyPump:
		s.From = "pump"
	}
	for i := range s.Transactions {
		if onlyHost {
			s.Transactions[i].Pump = ""
		}
		if onlyPump {
			s.Transactions[i].Host = ""
		}
	}
	return nil
}

func spaced(b []byte) string {
	return strings.ToUpper(strings.TrimSpace(fmt.Sprintf("% x", b)))
}

// commandWords names the commands of CD1.
func commandWords(c Command) string {
	switch c {
	case ReturnStatus:
		return "return status"
	case ReturnParameters:
		return "return parameters"
	case ReturnIdentity:
		return "return identity"
	case ReturnFilling:
		return "return filling information"
	case Reset:
		return "RESET"
	case Authorize:
		return "AUTHORIZE"
	case Stop:
		return "STOP"
	case SwitchOff:
		return "SWITCH OFF"
	case Suspend:
		return "suspend"
	case Resume:
		return "resume"
	case ReturnPrices:
		return "return prices"
	}
	return ""
}

// String names the status in the documents' words.
func (s Status) String() string {
	switch s {
	case NotProgrammed:
		return "not programmed"
	case ResetDone:
		return "reset"
	case Authorized:
		return "authorised"
	case Filling:
		return "filling"
	case Complete:
		return "filling complete"
	case LimitReached:
		return "limit reached"
	case SwitchedOff:
		return "switched off"
	case Suspended:
		return "suspended"
	}
	return fmt.Sprintf("status %d", byte(s))
}

// hostWords says what the transaction means from a host, "" if it cannot be one's.
func hostWords(t Transaction) string {
	d := DefaultDecimals()
	switch {
	case t.Code == cdCommand && len(t.Data) == 1 && commandWords(Command(t.Data[0])) != "":
		return commandWords(Command(t.Data[0]))
	case t.Code == cdNozzles && len(t.Data) > 0 && len(t.Data) != 2*figureSize:
		return fmt.Sprintf("allowed nozzles %d", t.Data)
	case t.Code == cdVolume && len(t.Data) == figureSize:
		if v, err := d.ParseVolume(t.Data); err == nil {
			return fmt.Sprintf("preset %s L", v.Display())
		}
	case t.Code == cdAmount && len(t.Data) == figureSize:
		if a, err := d.ParseAmount(t.Data); err == nil {
			return fmt.Sprintf("preset %s yuan", a)
		}
	case t.Code == cdPrices && len(t.Data) > 0 && len(t.Data)%priceSize == 0:
		return priceWords(t.Data)
	case t.Code == cdTotals && len(t.Data) == 1:
		return fmt.Sprintf("totals request, counter %02X", t.Data[0])
	}
	return otherWords(t, map[byte]string{0x09: "set parameters", 0x0D: "filling type", 0x0E: "suspend nozzle", 0x0F: "resume nozzle"})
}

// pumpWords says what the transaction means from a pump, "" if it cannot be one's.
func pumpWords(t Transaction) string {
	d := DefaultDecimals()
	switch {
	case t.Code == dcStatus && len(t.Data) == 1:
		return "status: " + Status(t.Data[0]).String()
	case t.Code == dcFilled:
		if f, err := d.ParseFilled(t.Data); err == nil {
			return fmt.Sprintf("filled %s L, %s yuan", f.Volume.Display(), f.Amount)
		}
	case t.Code == dcNozzle:
		if n, err := d.ParseNozzle(t.Data); err == nil {
			place := "in"
			if n.Out {
				place = "out"
			}
			return fmt.Sprintf("nozzle %d %s, %s yuan/L", n.Number, place, n.Price)
		}
	case t.Code == dcAlarm && len(t.Data) == 1:
		return fmt.Sprintf("alarm %02X", t.Data[0])
	case t.Code == dcAlarm && len(t.Data)%priceSize == 0:
		return priceWords(t.Data)
	case t.Code == dcTotals && len(t.Data) > 1:
		return totalsWords(t.Data)
	case t.Code == dcParams:
		if p, err := ParseParameters(t.Data); err == nil {
			return fmt.Sprintf("parameters, decimals: volume %d, amount %d, price %d", p.Volume, p.Amount, p.Price)
		}
		return "parameters"
	case t.Code == dcIdentity:
		return "identity"
	}
	return otherWords(t, map[byte]string{0x0E: "suspend reply", 0x0F: "resume reply"})
}

// otherWords names a transaction whose data are not taken apart; one that
// nobody knows is named as itself, so that it speaks for neither side.
func otherWords(t Transaction, names map[byte]string) string {
	if name := names[t.Code]; name != "" {
		return name
	}
	switch t.Code {
	case 0x01, 0x02, 0x03, 0x04, 0x05, 0x07, 0x09, 0x0D, 0x0E, 0x0F, 0x65:
		return ""
	}
	return "unknown"
}

func priceWords(data []byte) string {
	var out []string
	for at := 0; at < len(data); at += priceSize {
		p, err := DefaultDecimals().ParsePrice(data[at : at+priceSize])
		if err != nil {
			return ""
		}
		out = append(out, p.String())
	}
	return "prices " + strings.Join(out, " ")
}

func totalsWords(data []byte) string {
	t, err := DefaultDecimals().ParseTotals(data)
	switch {
	case err != nil:
		return ""
	case t.HasAmount && t.Counter < firstAmountCounter:
		return fmt.Sprintf("totals of counter %02X: %s L, %s yuan", t.Counter, t.Volume.Display(), t.Amount)
	case t.HasAmount:
		return fmt.Sprintf("totals of counter %02X: %s yuan", t.Counter, t.Amount)
	}
	return fmt.Sprintf("totals of counter %02X: %s L", t.Counter, t.Volume.Display())
}
