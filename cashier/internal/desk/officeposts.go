package desk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"forecourt/shared/wire"
)

// shiftHours is what the form for a post begins with: a shift.
const shiftHours = 8

// post is the post of the chosen attendant; nil if nobody is chosen.
func (s *State) post() *wire.Post {
	if s.office.tab != TabPosts {
		return nil
	}
	for _, p := range s.mirrors.roster().Posts {
		if p.Staff.String() == s.office.row {
			return &p
		}
	}
	return nil
}

// postsAct does what the buttons of the posts tab say.
func (s *State) postsAct(e OfficeAct) []Effect {
	p := s.post()
	switch {
	case p == nil:
	case e.ID == "post.assign":
		s.openForm(formAssign, p.Staff.String(), "nozzles", strings.ReplaceAll(numbers(p.Nozzles), " ", ","), "hours", strconv.Itoa(shiftHours))
	case e.ID == "post.end" && len(p.Nozzles) > 0:
		s.openForm(formEndPost, p.Staff.String())
	}
	return nil
}

func (s *State) submitAssign(f *form) []Effect {
	request := wire.PostRequest{Nozzles: []int{}}
	for text := range strings.SplitSeq(f.value("nozzles"), ",") {
		if n, err := strconv.Atoi(text); err == nil {
			request.Nozzles = append(request.Nozzles, n)
		}
	}
	slices.Sort(request.Nozzles)
	const longest = 24
	request.Hours = s.readFigure(f, "hours", 1, longest)
	if len(request.Nozzles) == 0 {
		f.wrong["nozzles"] = s.text(WordNozzlesNeeded)
	}
	if len(f.wrong) > 0 {
		return nil
	}
	return s.sendForm(Command{Kind: CommandAssign, Object: f.object, Office: OfficeBody{Assign: &request}})
}

// drawPosts draws who is responsible for which nozzles, live.
func (s *State) drawPosts(out *Office) {
	out.Table = s.table(WordTabPosts, WordPostsEmpty,
		Column{Title: s.text(WordStaffNumber), Weight: 10},
		Column{Title: s.text(WordSideName), Weight: 14},
		Column{Title: s.text(WordNozzles), Weight: 28},
		Column{Title: s.text(WordUntil), Weight: 12, Right: true},
		Column{Title: s.text(WordAssignedBy), Weight: 12, Spare: true},
	)
	out.Wide = true
	if !s.HubFresh() {
		out.Table.Empty = s.text(WordHiddenOffline)
		return
	}
	for _, p := range s.mirrors.roster().Posts {
		nozzles := Cell{Text: numbers(p.Nozzles), Bold: true}
		if len(p.Nozzles) == 0 {
			nozzles = Cell{Text: s.text(WordNoNozzles), Tone: ToneSoft}
		}
		out.Table.Rows = append(out.Table.Rows, s.officeRow(p.Staff.String(),
			Cell{Text: p.Number, Bold: true}, Cell{Text: p.Name}, nozzles,
			Cell{Text: s.clockShort(p.Until)}, Cell{Text: p.By, Tone: ToneSoft},
		))
	}
	if free := s.freeNozzles(); len(free) > 0 {
		out.Note, out.NoteTone = s.text(WordFreeNozzles, numbers(free)), ToneWarn
	}
	if p := s.post(); p != nil {
		out.Card, out.Wide = s.postCard(*p), false
	}
}

// freeNozzles lists the nozzles that nobody is responsible for.
func (s *State) freeNozzles() []int {
	var free []int
	for _, n := range s.mirrors.nozzles() {
		if len(s.holders(n.Number)) == 0 {
			free = append(free, n.Number)
		}
	}
	return free
}

// holders lists the numbers of those who are responsible for a nozzle.
func (s *State) holders(nozzle int) []string {
	var out []string
	for _, p := range s.mirrors.roster().Posts {
		if slices.Contains(p.Nozzles, nozzle) {
			out = append(out, p.Number)
		}
	}
	return out
}

func (s *State) postCard(p wire.Post) *Card {
	about := Section{Empty: s.text(WordNoNozzles)}
	for _, n := range p.Nozzles {
		nozzle, _ := s.mirrors.nozzle(n)
		line := CardLine{Label: s.text(WordNozzleTitle, n), Value: nozzle.Grade}
		if with := slices.DeleteFunc(s.holders(n), func(number string) bool { return number == p.Number }); len(with) > 0 {
			line.Value = s.text(WordSharedWith, nozzle.Grade, strings.Join(with, " "))
		}
		about.Lines = append(about.Lines, line)
	}
	c := &Card{Title: p.Number + " " + p.Name, Sections: []Section{about}, Acts: []Act{s.main(s.actOf("post.assign", "", WordAssign))}}
	if len(p.Nozzles) > 0 {
		c.Subtitle = s.text(WordPostSince, s.clockShort(p.Since), s.clockShort(p.Until), p.By)
		c.Acts = append(c.Acts, s.danger(s.actOf("post.end", "", WordEndPost)))
	}
	return c
}

func (s *State) assignForm(f *form) Form {
	out := Form{Title: s.text(WordAssign), Text: s.text(WordAssignText), OK: s.main(s.actOf("ok", "", WordSave))}
	nozzles := s.formField(f, "nozzles", FieldMany, WordNozzles, WordNone)
	for _, n := range s.mirrors.nozzles() {
		nozzles.Choices = append(nozzles.Choices, Pick{strconv.Itoa(n.Number), fmt.Sprintf("%d · %s", n.Number, n.Grade)})
	}
	if p := s.post(); p != nil {
		out.Title = s.text(WordAssignTo, p.Number, p.Name)
	}
	out.Fields = []Field{nozzles, s.formField(f, "hours", FieldText, WordHours, WordNone)}
	return out
}
