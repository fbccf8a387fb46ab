// Command lookbook opens the till's window on a made-up scene, to look at a
// state that is hard to bring about. It talks to no hub and takes no money.
// With -list it prints the scenes.
package main

import (
	"flag"
	"fmt"
	"os"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/cashier/internal/view/shell"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
)

func main() {
	name := flag.String("scene", "busy", "which scene to show")
	lang := flag.String("lang", string(desk.Chinese), "zh or en")
	dark := flag.Bool("dark", false, "dark colours")
	width := flag.Int("width", 1366, "width of the window in points")
	height := flag.Int("height", 744, "height of the window in points")
	list := flag.Bool("list", false, "print the scenes")
	flag.Parse()
	if *list {
		for _, s := range lookbook.Scenes() {
			fmt.Println(s.Name)
		}
		return
	}
	for _, s := range lookbook.Scenes() {
		if s.Name == *name {
			stage := s.Play(desk.Prefs{Lang: desk.Lang(*lang), Dark: *dark})
			show(stage, fyne.NewSize(float32(*width), float32(*height)))
			return
		}
	}
	fmt.Fprintf(os.Stderr, "lookbook: no scene %q\n", *name)
	os.Exit(2)
}

// show opens the window; keys and touches work, answers never come.
func show(stage *lookbook.Stage, size fyne.Size) {
	a := app.NewWithID("forecourt.lookbook")
	w := a.NewWindow("Forecourt")
	w.SetPadded(false)
	var frame *shell.Shell
	frame = shell.New(w, func(e desk.Event) {
		stage.Effects = nil
		stage.Do(e)
		frame.Apply(stage.Screen())
		for _, effect := range stage.Effects {
			switch effect := effect.(type) {
			case desk.PickPicture:
				frame.PickPicture()
			case desk.PickFile:
				frame.SaveFile(effect.Name, func(string) {})
			}
		}
	})
	frame.Apply(stage.Screen())
	w.Resize(size)
	w.ShowAndRun()
}
