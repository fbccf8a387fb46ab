package board_test

import (
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/cashier/internal/view/board"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// TestTilesLookAsTheyShould draws a tile in every state: colour, icon, word
// and figures.
func TestTilesLookAsTheyShould(t *testing.T) {
	for _, c := range []struct {
		file string
		dark bool
		lang desk.Lang
		play func(desk.Prefs) *lookbook.Stage
	}{
		{"tiles.xml", false, desk.Chinese, lookbook.Busy},
		{"tiles-dark-english.xml", true, desk.English, lookbook.Busy},
		{"tiles-disconnected.xml", false, desk.Chinese, lookbook.Disconnected},
	} {
		t.Run(c.file, func(t *testing.T) {
			look := theme.New(c.dark)
			test.NewTempApp(t).Settings().SetTheme(look)
			screen := c.play(desk.Prefs{Lang: c.lang, Dark: c.dark}).State.Screen()
			grid := container.NewWithoutLayout()
			for i, v := range screen.Tiles {
				tile := board.NewTile(look.Palette, func(int) {})
				tile.Resize(fyne.NewSize(180, board.TileHeight))
				tile.Move(fyne.NewPos(float32(i%4)*188, float32(i/4)*116))
				tile.Set(v, screen.Pulse)
				grid.Add(tile)
			}
			w := test.NewTempWindow(t, grid)
			w.Resize(fyne.NewSize(760, 480))
			test.AssertRendersToMarkup(t, c.file, w.Canvas())
		})
	}
}

// TestTileTextsStayInsideTheTile draws the longest words there are.
func TestTileTextsStayInsideTheTile(t *testing.T) {
	look := theme.New(false)
	test.NewTempApp(t).Settings().SetTheme(look)
	tile := board.NewTile(look.Palette, func(int) {})
	tile.Resize(fyne.NewSize(board.TileMinWidth, board.TileHeight))
	tile.Set(desk.Tile{
		Nozzle: 128, Face: desk.FaceAuthorized, Word: "Authorized", Money: "99999.99", Litres: "12345.67 L",
		Grade: "-10#", Price: "17.50", Note: "Waits for the head of the station to look at it",
	}, 0)
	for _, o := range test.WidgetRenderer(tile).Objects() {
		if o.Position().X+o.MinSize().Width > board.TileMinWidth+3.5 && o.Visible() {
			t.Errorf("%T at %v reaches %v of %v", o, o.Position(), o.Position().X+o.MinSize().Width, board.TileMinWidth)
		}
	}
}

// BenchmarkTiles is one tick of a station of 128 nozzles that all fuel.
func BenchmarkTiles(b *testing.B) {
	look := theme.New(false)
	test.NewTempApp(b).Settings().SetTheme(look)
	tiles := make([]*board.Tile, 128)
	for i := range tiles {
		tiles[i] = board.NewTile(look.Palette, func(int) {})
		tiles[i].Resize(fyne.NewSize(180, board.TileHeight))
	}
	values := [2]desk.Tile{
		{Nozzle: 1, Face: desk.FaceFuelling, Word: "加油中", Money: "126.31", Litres: "15.87 L", Grade: "92#", Price: "7.50"},
		{Nozzle: 1, Face: desk.FaceFuelling, Word: "加油中", Money: "126.38", Litres: "15.88 L", Grade: "92#", Price: "7.50"},
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		for _, tile := range tiles {
			tile.Set(values[i%2], 0)
		}
	}
}
