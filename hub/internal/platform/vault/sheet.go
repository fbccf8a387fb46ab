package vault

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// A secret on paper: four lines of sixteen letters and digits, each with its
// own checksum, so that a slip of the pen is found and said in which line.
const (
	// SheetLines is how many lines a secret takes.
	SheetLines = 4
	// lineBytes of the secret stand in a line, then two bytes of checksum: 80
	// bits, sixteen letters.
	lineBytes = SecretBytes / SheetLines
	lineRunes = (lineBytes + 2) * 8 / 5
	groupLen  = 4
)

// sheetAlphabet leaves out I, L, O and U (Crockford's base 32).
const sheetAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func sheetEncoding() *base32.Encoding {
	return base32.NewEncoding(sheetAlphabet).WithPadding(base32.NoPadding)
}

// ErrSheet says that a line of a recovery sheet was not copied rightly.
var ErrSheet = errors.New("vault: that is not what the recovery sheet says")

// Sheet writes a secret for paper, in lines of four groups of four.
func Sheet(secret [SecretBytes]byte) [SheetLines]string {
	var lines [SheetLines]string
	for i := range lines {
		part := secret[i*lineBytes : (i+1)*lineBytes]
		text := sheetEncoding().EncodeToString(binary.BigEndian.AppendUint16(append([]byte{}, part...), lineSum(i, part)))
		var groups []string
		for ; text != ""; text = text[groupLen:] {
			groups = append(groups, text[:groupLen])
		}
		lines[i] = strings.Join(groups, " ")
	}
	return lines
}

// ReadSheet reads the lines of a recovery sheet. Case, spaces and dashes do not
// matter, and letters that look like digits are read as those. ErrSheet names
// the first line that is wrong.
func ReadSheet(lines [SheetLines]string) (secret [SecretBytes]byte, err error) {
	for i, line := range lines {
		part, err := readLine(i, line)
		if err != nil {
			return [SecretBytes]byte{}, err
		}
		copy(secret[i*lineBytes:], part)
	}
	return secret, nil
}

// CheckSheetLine says what is wrong with line i, from 0, of a recovery sheet.
func CheckSheetLine(i int, line string) error {
	_, err := readLine(i, line)
	return err
}

func readLine(i int, line string) ([]byte, error) {
	text := strings.NewReplacer(" ", "", "-", "", "\t", "", "\r", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(line))
	if len(text) != lineRunes {
		return nil, fmt.Errorf("%w: line %d has %d letters, not %d", ErrSheet, i+1, len(text), lineRunes)
	}
	both, err := sheetEncoding().DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: line %d has a letter that no line has", ErrSheet, i+1)
	}
	part := both[:lineBytes]
	if lineSum(i, part) != binary.BigEndian.Uint16(both[lineBytes:]) {
		return nil, fmt.Errorf("%w: line %d has a slip in it", ErrSheet, i+1)
	}
	return part, nil
}

// lineSum is the CRC-16 (polynomial 0x1021) of a line's number and content. It
// finds every change of up to sixteen bits in a row: any one letter, any two
// beside each other changed or exchanged.
func lineSum(i int, part []byte) uint16 {
	sum := uint16(0xFFFF)
	for _, b := range append([]byte{byte(i + 1)}, part...) {
		sum ^= uint16(b) << 8
		for range 8 {
			carry := sum & 0x8000
			sum <<= 1
			if carry != 0 {
				sum ^= 0x1021
			}
		}
	}
	return sum
}
