package archive

import "strings"

// The text form of an age key is bech32 (BIP 173): a prefix, "1", the bytes in
// groups of five bits, and a checksum of six groups. age writes it only of keys
// that it drew by itself; this writes it of bytes that are given.

// bech32Letters stand for the groups 0 to 31 (BIP 173, section Bech32).
const bech32Letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// bech32 is the text of data after a prefix in small letters.
func bech32(prefix string, data []byte) string {
	groups := fives(data)
	var out strings.Builder
	out.WriteString(prefix + "1")
	for _, g := range append(groups, checksum(prefix, groups)...) {
		out.WriteByte(bech32Letters[g])
	}
	return out.String()
}

// fives cuts bytes into groups of five bits, the last filled up with zeros.
func fives(data []byte) []byte {
	var groups []byte
	held, bits := uint(0), 0
	for _, b := range data {
		held, bits = held<<8|uint(b), bits+8
		for ; bits >= 5; bits -= 5 {
			groups = append(groups, byte(held>>(bits-5))&31)
		}
	}
	if bits > 0 {
		groups = append(groups, byte(held<<(5-bits))&31)
	}
	return groups
}

// checksum is that of BIP 173: the remainder of a polynomial over the prefix's
// high bits, a zero, its low bits and the groups.
func checksum(prefix string, groups []byte) []byte {
	var all []byte
	for i := range len(prefix) {
		all = append(all, prefix[i]>>5)
	}
	all = append(all, 0)
	for i := range len(prefix) {
		all = append(all, prefix[i]&31)
	}
	all = append(append(all, groups...), 0, 0, 0, 0, 0, 0)
	rest := remainder(all) ^ 1
	sum := make([]byte, 6)
	for i := range sum {
		sum[i] = byte(rest>>(5*(5-i))) & 31
	}
	return sum
}

// remainder divides by the generator of BIP 173.
func remainder(values []byte) uint32 {
	generator := [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}
	rest := uint32(1)
	for _, v := range values {
		top := rest >> 25
		rest = rest&0x1ffffff<<5 ^ uint32(v)
		for i, g := range generator {
			if top>>i&1 == 1 {
				rest ^= g
			}
		}
	}
	return rest
}
