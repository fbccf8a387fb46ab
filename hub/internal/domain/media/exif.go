package media

import "encoding/binary"

// orientation is how a picture is to be turned (Exif 2.32, 4.6.4.A, tag
// Orientation): 1 upright, 2 mirrored, 3 upside down, 4 mirrored upside down,
// 5 to 8 with rows and columns exchanged.
type orientation int

// upright is a picture that shows as it is stored.
const upright orientation = 1

// sideways says whether width and height change places.
func (o orientation) sideways() bool { return o >= 5 }

// Of a TIFF structure (TIFF 6.0, section 2).
const (
	tiffHeader     = 8
	tiffEntry      = 12
	tagOrientation = 0x0112
	tiffShort      = 3
)

// readOrientation finds the orientation in a TIFF structure. Whatever makes no
// sense is upright: a wrong block of extras is no reason to refuse a picture.
func readOrientation(tiff []byte) orientation {
	if len(tiff) < tiffHeader {
		return upright
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return upright
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return upright
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < tiffEntry {
			break
		}
		if order.Uint16(entries) == tagOrientation && order.Uint16(entries[2:]) == tiffShort {
			if o := orientation(order.Uint16(entries[8:])); o >= upright && o <= 8 {
				return o
			}
			break
		}
		entries = entries[tiffEntry:]
	}
	return upright
}

// orientationOf finds a picture's orientation in the block of extras of its
// format.
func orientationOf(kind string, content []byte) orientation {
	switch kind {
	case TypeJPEG:
		return readOrientation(scanJPEG(content).exif)
	case TypeWebP:
		return readOrientation(webpExif(content))
	}
	return upright
}

// webpExif finds the chunk "EXIF" of a WebP picture (RFC 9649, section 2.7.1.5).
func webpExif(content []byte) []byte {
	rest := content[min(12, len(content)):]
	for len(rest) >= 8 {
		size := uint64(binary.LittleEndian.Uint32(rest[4:]))
		if size > uint64(len(rest)-8) {
			return nil
		}
		if string(rest[:4]) == "EXIF" {
			return rest[8 : 8+size]
		}
		rest = rest[min(8+size+size&1, uint64(len(rest))):]
	}
	return nil
}
