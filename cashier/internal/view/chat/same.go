package chat

import (
	"slices"

	"forecourt/cashier/internal/desk"
)

// same reports whether two messages look the same.
func same(a, b desk.Bubble) bool {
	return a.ID == b.ID && a.Mine == b.Mine && a.System == b.System && a.Day == b.Day && a.Who == b.Who && a.When == b.When &&
		a.Text == b.Text && a.Status == b.Status && a.Tone == b.Tone && a.Retry == b.Retry && a.Uploading == b.Uploading &&
		pointed(a.Image, b.Image) && pointed(a.Voice, b.Voice) &&
		slices.EqualFunc(a.Parts, b.Parts, func(a, b desk.BubblePart) bool {
			return a.Text == b.Text && pointed(a.Picture, b.Picture)
		})
}

// pointed compares what two pointers point at.
func pointed[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}
