package desk

// Settings is the settings page.
type Settings struct {
	Choices []Choice
	Note    string
	Keys    Line
	Facts   []Line
}

// Choice is a setting with its options; picking one gives Prefs to SetPrefs.
type Choice struct {
	Label   string
	Options []Option
}

// Option is one value of a setting.
type Option struct {
	Label  string
	Chosen bool
	Prefs  Prefs
}

// settings draws the till's own settings.
func (s *State) settings() Settings {
	out := Settings{
		Choices: []Choice{s.languageChoice(), s.themeChoice(), s.scaleChoice(), s.soundChoice()},
		Note:    s.text(WordScaleNext),
		Keys:    Line{Label: s.text(WordKeys), Value: s.text(WordKeysList)},
	}
	if s.answersChats() {
		out.Keys.Value += "　" + s.text(WordChatKeysList)
	}
	if s.enrol.HubURL != "" {
		out.Facts = append(out.Facts, Line{Value: s.text(WordHub, s.enrol.HubURL), Tone: ToneSoft})
	}
	if s.enrol.Version != "" {
		out.Facts = append(out.Facts, Line{Value: s.text(WordVersion, s.enrol.Version), Tone: ToneSoft})
	}
	return out
}

func (s *State) languageChoice() Choice {
	option := func(lang Lang, label string) Option {
		p := s.prefs
		p.Lang = lang
		return Option{Label: label, Chosen: s.prefs.Lang == lang, Prefs: p}
	}
	return Choice{s.text(WordLanguage), []Option{option(Chinese, "中文"), option(English, "English")}}
}

func (s *State) themeChoice() Choice {
	option := func(dark bool, label Word) Option {
		p := s.prefs
		p.Dark = dark
		return Option{Label: s.text(label), Chosen: s.prefs.Dark == dark, Prefs: p}
	}
	return Choice{s.text(WordTheme), []Option{option(false, WordThemeLight), option(true, WordThemeDark)}}
}

func (s *State) scaleChoice() Choice {
	option := func(percent int, label string) Option {
		p := s.prefs
		p.ScalePercent = percent
		return Option{Label: label, Chosen: s.prefs.ScalePercent == percent, Prefs: p}
	}
	return Choice{s.text(WordScale), []Option{
		option(0, s.text(WordScaleAuto)), option(100, "100%"), option(125, "125%"), option(150, "150%"),
	}}
}

var soundWords = map[Sound]Word{
	SoundCalling: WordSoundCalling, SoundPaid: WordSoundPaid, SoundOverdue: WordSoundOverdue,
	SoundMessage: WordSoundMessage, SoundAlarm: WordSoundAlarm,
}

// soundChoice switches each sound by itself: what is chosen is heard.
func (s *State) soundChoice() Choice {
	out := Choice{Label: s.text(WordSoundsTitle)}
	for _, sound := range Sounds {
		p := s.prefs
		p.Muted = nil
		for _, m := range s.prefs.Muted {
			if m != sound {
				p.Muted = append(p.Muted, m)
			}
		}
		heard := !s.prefs.Mutes(sound)
		if heard {
			p.Muted = append(p.Muted, sound)
		}
		out.Options = append(out.Options, Option{Label: s.text(soundWords[sound]), Chosen: heard, Prefs: p})
	}
	return out
}
