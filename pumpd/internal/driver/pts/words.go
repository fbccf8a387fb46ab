package pts

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"

	"forecourt/shared/unit"
)

// Describe says in words what a packet means, for logs and field engineers.
// It never fails: what it cannot read it says so.
func Describe(p Packet) string {
	kind, data := p.Type(), p.Data()
	switch {
	case p.Failed():
		return strings.TrimSpace(fmt.Sprintf("refused: %s (code %s) %s", p.Message(), Object(p).Text("Code"), holder(data)))
	case p.Role() == RoleAnswer && p.Message() != "":
		return "accepted" + orders(p)
	case isStatus(kind):
		return describeStatus(p)
	case kind == typeSale || kind == "PumpTransactionInformation":
		return describeRecord(data)
	case kind == "ReportPumpTransactions":
		return describeReport(p)
	case kind == "PumpAuthorize":
		return describeOrder(data)
	case kind == TypeTotals:
		return describeTotals(p)
	case kind == TypePrices || kind == "PumpSetPrices":
		return "prices by nozzle: " + strings.Join(data.Strings("Prices"), ", ")
	case kind == "UploadTankMeasurement" || kind == "ProbeMeasurements":
		return fmt.Sprintf("tank %s: product %s mm, %s L; water %s mm; %s degrees", data.Text("Tank", "Probe"),
			data.Text("ProductHeight"), data.Text("ProductVolume"), data.Text("WaterHeight"), data.Text("Temperature"))
	case kind == "UploadStatus":
		return describeUpload(data)
	case kind == "UploadAlertRecord":
		return fmt.Sprintf("alert %s of %s %s %s", data.Text("Code"), data.Text("DeviceType"),
			data.Text("DeviceNumber"), strings.ToLower(data.Text("State")))
	default:
		return describeOther(p)
	}
}

// unreadable begins the words for a packet whose fields are not what they
// should be.
const unreadable = "unreadable: "

// orders says what an acknowledgement asks for besides.
func orders(p Packet) string {
	o := Object(p)
	switch {
	case o.Flag("GetStatus"):
		return ", and asks for the status"
	case o.Flag("GetConfiguration"):
		return ", and asks for the configuration"
	case o.Has("SetRequestType"):
		return ", and orders " + o.Text("SetRequestType")
	}
	return ""
}

func holder(data Object) string {
	if user := data.Text("User"); user != "" {
		return "held by user " + user
	}
	return ""
}

func describeStatus(p Packet) string {
	s, err := ReadStatus(p)
	if err != nil {
		return unreadable + err.Error()
	}
	rec := s.Record
	switch {
	case s.Type == TypeOffline:
		return "offline, last known " + cmp.Or(p.Data().Text("State"), "state unknown")
	case s.Type == TypeFilling && s.Suspended:
		return "filling, suspended: " + describeFigures(rec)
	case s.Type == TypeFilling:
		return "filling: " + describeFigures(rec)
	case s.Type == TypeEnd:
		return "end of transaction: " + describeFigures(rec)
	case s.Ordered:
		return fmt.Sprintf("authorised, nozzle up %d", s.NozzleUp)
	case s.NozzleUp > 0:
		return fmt.Sprintf("nozzle %d up, waits for permission", s.NozzleUp)
	default:
		return "idle"
	}
}

func describeFigures(rec Record) string {
	words := fmt.Sprintf("transaction %d, nozzle %d, %s L for %s at %s", rec.Transaction, rec.Nozzle, rec.Volume, rec.Amount, rec.Price)
	if rec.HasTotal {
		words += fmt.Sprintf(", total %s L", rec.Total)
	}
	return words
}

func describeRecord(data Object) string {
	rec, err := ReadRecord(data)
	if err != nil {
		return unreadable + err.Error()
	}
	words := fmt.Sprintf("%s, %s to %s", describeFigures(rec), rec.Start, rec.End)
	if rec.State != "" {
		words = strings.ToLower(rec.State) + ": " + words
	}
	return words
}

func describeReport(p Packet) string {
	lines, err := p.List()
	if err != nil {
		return unreadable + err.Error()
	}
	var sum unit.Millilitre
	for _, line := range lines {
		rec, err := ReadRecord(line)
		if err != nil {
			return unreadable + err.Error()
		}
		if sum, err = unit.Add(sum, rec.Volume); err != nil {
			return unreadable + err.Error()
		}
	}
	return fmt.Sprintf("%d deliveries, %s L", len(lines), sum)
}

// describeUpload counts the pumps of a controller's status by what they do.
func describeUpload(data Object) string {
	pumps := data.Object("Pumps")
	count := func(name string) int { return len(pumps.Object(name).Strings("Ids")) }
	return fmt.Sprintf("status at %s: pumps idle %d, filling %d, at end of transaction %d, offline %d",
		cmp.Or(data.Text("DateTime"), "no time"), count("IdleStatus"), count("FillingStatus"),
		count("EndOfTransactionStatus"), count("OfflineStatus"))
}

func describeOrder(data Object) string {
	r := reader{from: data}
	what := "full tank"
	switch data.Text("Type") {
	case "Volume":
		what = data.Text("Dose") + " L"
	case "Amount":
		what = data.Text("Dose") + " of money"
	}
	words := fmt.Sprintf("authorise nozzle %d, %s", r.number("Nozzle"), what)
	if price := data.Text("Price"); price != "" {
		words += " at " + price
	}
	return words
}

func describeTotals(p Packet) string {
	t, err := ReadTotals(p)
	if err != nil {
		return unreadable + err.Error()
	}
	return fmt.Sprintf("totalizer of nozzle %d: %s L", t.Nozzle, t.Volume)
}

// describeOther splits the type's name into words and says how much came.
func describeOther(p Packet) string {
	words := spaced(p.Type())
	if lines, err := p.List(); err == nil && strings.HasPrefix(strings.TrimSpace(string(p["Data"])), "[") {
		return fmt.Sprintf("%s, %d entries", words, len(lines))
	}
	if p.Type() == "DateTime" {
		return fmt.Sprintf("clock %s, %s minutes east", p.Data().Text("DateTime"), p.Data().Text("UTCOffset"))
	}
	return words
}

// spaced turns "PumpGetStatus" into "pump get status".
func spaced(name string) string {
	const most = 80
	var out strings.Builder
	for i, c := range name[:min(len(name), most)] {
		if i > 0 && unicode.IsUpper(c) {
			out.WriteByte(' ')
		}
		out.WriteRune(unicode.ToLower(c))
	}
	return cmp.Or(out.String(), "no type")
}
