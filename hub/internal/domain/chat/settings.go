package chat

import (
	"strings"
	"unicode/utf8"

	"forecourt/shared/wire"
)

// Limits of the settings and of replies kept ready.
const (
	maxWelcomeRunes = 200
	maxSpans        = 28
	maxEach         = 50
	maxBlocked      = 500
	maxWordRunes    = 30
	maxTitleRunes   = 30
	maxKeysBytes    = 20
)

// Defaults is how a station's support works until it says otherwise: always
// open, by itself to the least busy.
func Defaults() wire.SupportSettings {
	return wire.SupportSettings{
		Greeting: "您好，请问有什么可以帮您？客服马上就来。",
		Away:     "您好，现在不在客服时间，您可以先留言。",
		Hours:    []wire.Office{},
		Assign:   wire.AssignLeastBusy,
		MaxEach:  5,
		Blocked:  []string{},
	}
}

// CleanSettings is the settings as they are kept, or wire.ProblemBadRequest.
func CleanSettings(s wire.SupportSettings) (wire.SupportSettings, error) {
	var err error
	if s.Greeting, err = CleanText(s.Greeting, maxWelcomeRunes); err != nil {
		return s, err
	}
	if s.Away, err = CleanText(s.Away, maxWelcomeRunes); err != nil {
		return s, err
	}
	if s.Assign != wire.AssignLeastBusy && s.Assign != wire.AssignByHand {
		return s, badRequest("assign %q", s.Assign)
	}
	if s.MaxEach < 1 || s.MaxEach > maxEach || len(s.Hours) > maxSpans || len(s.Blocked) > maxBlocked {
		return s, badRequest("a number is out of range")
	}
	for _, o := range s.Hours {
		if _, err := spanOf(o); err != nil {
			return s, badRequest("%v", err)
		}
	}
	s.Hours = append([]wire.Office{}, s.Hours...)
	s.Blocked, err = cleanWords(s.Blocked)
	return s, err
}

func cleanWords(words []string) ([]string, error) {
	clean := make([]string, 0, len(words))
	for _, word := range words {
		word = strings.TrimSpace(word)
		if Plain(word) == "" || !utf8.ValidString(word) || utf8.RuneCountInString(word) > maxWordRunes {
			return nil, badRequest("a blocked word has letters or digits, and at most %d of them", maxWordRunes)
		}
		clean = append(clean, word)
	}
	return clean, nil
}

// CleanCanned is a reply kept ready as it is stored, or wire.ProblemBadRequest.
// Of its pictures only the ids are known.
func CleanCanned(req wire.CannedRequest) (wire.CannedRequest, error) {
	var err error
	if req.Title, err = CleanText(req.Title, maxTitleRunes); err != nil {
		return req, err
	}
	req.Keys = strings.ToLower(strings.TrimSpace(req.Keys))
	if len(req.Keys) > maxKeysBytes || strings.ContainsFunc(req.Keys, notKey) {
		return req, badRequest("a code is at most %d letters and digits", maxKeysBytes)
	}
	if len(req.Parts) < 1 || len(req.Parts) > wire.MaxParts {
		return req, badRequest("a reply has 1 to %d parts", wire.MaxParts)
	}
	parts := make([]wire.CannedPart, len(req.Parts))
	for i, p := range req.Parts {
		if (p.Text == "") == p.Picture.IsZero() {
			return req, badRequest("a part is a text or a picture")
		}
		if p.Text != "" {
			if p.Text, err = CleanText(p.Text, wire.MaxTextRunes); err != nil {
				return req, err
			}
		}
		parts[i] = p
	}
	req.Parts = parts
	return req, nil
}

func notKey(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9')
}
