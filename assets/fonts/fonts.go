// Package fonts holds the typeface of the till: Noto Sans SC in two weights,
// cut down to GB2312, ASCII, punctuation, arrows and full-width forms.
//
// The faces are static TrueType files, because the drawing library sets no
// variable axis; digits are all of one width, so running figures do not
// jump. They are under the SIL Open Font License 1.1, whose text lies beside
// them; subset.sh reproduces them.
package fonts

import _ "embed"

// Regular is Noto Sans SC Regular, a TrueType file.
//
//go:embed NotoSansSC-Regular.ttf
var Regular []byte

// Bold is Noto Sans SC Bold, a TrueType file.
//
//go:embed NotoSansSC-Bold.ttf
var Bold []byte

// Licence is the text of the SIL Open Font License 1.1 with the copyright line.
//
//go:embed OFL.txt
var Licence string
