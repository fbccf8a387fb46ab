package theme

import (
	"image/color"

	"forecourt/assets/fonts"
	"forecourt/assets/icons"

	"fyne.io/fyne/v2"
	upstream "fyne.io/fyne/v2/theme"
)

// Theme gives the palette, the sizes and the typeface to the widget library.
// It follows its own choice of light or dark, not the desktop's.
type Theme struct {
	Palette       Palette
	dark          bool
	regular, bold fyne.Resource
}

// New makes the theme of one variant.
func New(dark bool) *Theme {
	return &Theme{
		Palette: Of(dark),
		dark:    dark,
		regular: fyne.NewStaticResource("NotoSansSC-Regular.ttf", fonts.Regular),
		bold:    fyne.NewStaticResource("NotoSansSC-Bold.ttf", fonts.Bold),
	}
}

// Font returns the Chinese face for every style but symbols, so that Latin and
// Chinese of a line share a baseline and bold is bold.
func (t *Theme) Font(style fyne.TextStyle) fyne.Resource {
	switch {
	case style.Symbol:
		return upstream.DefaultTheme().Font(style)
	case style.Bold:
		return t.bold
	default:
		return t.regular
	}
}

// Color maps the library's names to the palette.
func (t *Theme) Color(name fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	p := t.Palette
	switch name {
	case upstream.ColorNameBackground:
		return p.Paper
	case upstream.ColorNameForeground:
		return p.Ink
	case upstream.ColorNamePlaceHolder, upstream.ColorNameDisabled:
		return p.InkSoft
	case upstream.ColorNamePrimary, upstream.ColorNameFocus, upstream.ColorNameHyperlink:
		return p.Brand
	case upstream.ColorNameForegroundOnPrimary:
		return p.OnBrand
	case upstream.ColorNameInputBackground, upstream.ColorNameOverlayBackground, upstream.ColorNameMenuBackground:
		return p.Card
	case upstream.ColorNameInputBorder:
		return p.Edge
	case upstream.ColorNameSeparator:
		return p.Line
	case upstream.ColorNameSelection:
		return Blend(p.Card, p.Brand, 30)
	case upstream.ColorNameScrollBar:
		return p.InkSoft
	case upstream.ColorNameShadow:
		return color.Transparent // scrolled content ends at an edge, not in a fog
	case upstream.ColorNameError:
		return p.Bad
	}
	variant := upstream.VariantLight
	if t.dark {
		variant = upstream.VariantDark
	}
	return upstream.DefaultTheme().Color(name, variant)
}

// Size maps the library's names to the sizes.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case upstream.SizeNameText:
		return Strong
	case upstream.SizeNameCaptionText:
		return Caption
	case upstream.SizeNameInputRadius, upstream.SizeNameSelectionRadius:
		return Radius
	case upstream.SizeNameInnerPadding:
		return Pad
	case upstream.SizeNameScrollBar:
		return Pad
	}
	return upstream.DefaultTheme().Size(name)
}

// Icon leaves the library's own icons alone.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource {
	return upstream.DefaultTheme().Icon(name)
}

// Icon is one of our icons in one colour. The names are constants of the
// icons package, so a missing one is a mistake of this program.
func Icon(name icons.Name, c color.NRGBA) fyne.Resource {
	file, svg, err := icons.Tinted(name, c)
	if err != nil {
		panic(err)
	}
	return fyne.NewStaticResource(file, svg)
}
