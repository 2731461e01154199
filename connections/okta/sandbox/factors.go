package sandbox

import (
	"slices"
	"strings"
)

// factor is something that a user has enrolled to prove who they are.
type factor struct {
	id, kind, provider, status string
	created                    stamp
	profile                    map[string]any
	answer                     string // to a security question
}

// questions are the security questions, by Okta's keys for them.
var questions = []struct{ key, text string }{
	{"disliked_food", "What is the food you least liked as a child?"},
	{"name_of_first_plush_toy", "What is the name of your first stuffed animal?"},
	{"first_award", "What did you earn your first medal or award for?"},
	{"favorite_security_question", "What is your favorite security question?"},
	{"favorite_toy", "What is the toy/stuffed animal you liked the most as a kid?"},
	{"first_computer_game", "What was the first computer game you played?"},
	{"favorite_movie_quote", "What is your favorite movie quote?"},
	{"first_sports_team_mascot", "What was the mascot of the first sports team you played on?"},
	{"first_music_purchase", "What music album or song did you first purchase?"},
	{"favorite_art_piece", "What is your favorite piece of art?"},
	{"grandmother_favorite_desert", "What was your grandmother's favorite dessert?"},
	{"first_thing_cooked", "What was the first thing you learned to cook?"},
	{"childhood_dream_job", "What was your dream job as a child?"},
	{"first_kiss_location", "Where did you have your first kiss?"},
	{"place_where_significant_other_was_met", "Where did you meet your spouse/significant other?"},
	{"favorite_vacation_location", "Where did you go for your favorite vacation?"},
	{"new_years_two_thousand", "Where were you on New Year's Eve in the year 2000?"},
	{"favorite_speaker_actor", "Who is your favorite speaker/orator?"},
	{"favorite_book_movie_character", "Who is your favorite book/movie character?"},
	{"favorite_sports_player", "Who is your favorite sports player?"},
}

// listFactors is GET /api/v1/users/{userId}/factors. It has no pages.
func (o *Org) listFactors(c *call) *apiError {
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
	all := []any{}
	for _, f := range o.factors[u.id] {
		all = append(all, f.json(c, u))
	}
	return c.json(all)
}

// listSecurityQuestions is GET /api/v1/users/{userId}/factors/questions.
func (o *Org) listSecurityQuestions(c *call) *apiError {
	if _, refusal := o.userOf(c); refusal != nil {
		return refusal
	}
	all := make([]map[string]string, len(questions))
	for i, q := range questions {
		all[i] = map[string]string{"question": q.key, "questionText": q.text}
	}
	return c.json(all)
}

// enrollFactor is POST /api/v1/users/{userId}/factors, for security questions: the other kinds need a device that the
// sandbox does not have.
func (o *Org) enrollFactor(c *call) *apiError {
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
	var body struct {
		Type     string `json:"factorType"`
		Provider string `json:"provider"`
		Profile  struct {
			Question string `json:"question"`
			Answer   string `json:"answer"`
		} `json:"profile"`
	}
	if refusal := c.decode(&body); refusal != nil {
		return refusal
	}
	const what = "factorEnrollRequest"
	i := slices.IndexFunc(questions, func(q struct{ key, text string }) bool { return q.key == body.Profile.Question })
	switch {
	case u.status == statusDeprovisioned:
		return wrongStatus()
	case body.Type == "":
		return invalid(what, "factorType: The field cannot be left blank")
	case body.Type != "question" || body.Provider != "" && body.Provider != "OKTA":
		return invalid(what, "Factor type is not enabled in this org.")
	case o.factorOf(u, func(f *factor) bool { return f.kind == "question" }) != nil:
		return invalid(what, "A factor of this type is already set up.")
	case i < 0:
		return invalid(what, "Invalid question provided.")
	case len([]rune(body.Profile.Answer)) < 4:
		return invalid(what, "The answer must be at least 4 characters in length.")
	case strings.Contains(strings.ToLower(questions[i].text), strings.ToLower(body.Profile.Answer)):
		return invalid(what, "The answer must not be part of the question.")
	}
	f := &factor{
		id: o.ids.next(prefixQuestion), kind: "question", provider: "OKTA", status: statusActive, created: now(),
		profile: map[string]any{"question": questions[i].key, "questionText": questions[i].text}, answer: body.Profile.Answer,
	}
	o.factors[u.id] = append(o.factors[u.id], f)
	o.recordFactor(c, "user.mfa.factor.activate", u, f)
	return c.json(f.json(c, u))
}

func (o *Org) recordFactor(c *call, event string, u *user, f *factor) {
	o.record(o.origin(c), happening{
		event: event, targets: []target{u.target()},
		debug: map[string]any{"factor": f.provider + "_" + strings.ToUpper(f.kind)},
	})
}

// factorOf returns the first of u's factors that is meant, nil for none.
func (s *state) factorOf(u *user, meant func(*factor) bool) *factor {
	for _, f := range s.factors[u.id] {
		if meant(f) {
			return f
		}
	}
	return nil
}

// getFactor is GET /api/v1/users/{userId}/factors/{factorId}.
func (o *Org) getFactor(c *call) *apiError {
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
	f := o.factorOf(u, func(f *factor) bool { return f.id == c.param("factorId") })
	if f == nil {
		return notFound(c.param("factorId"), "UserFactor")
	}
	return c.json(f.json(c, u))
}

// unenrollFactor is DELETE /api/v1/users/{userId}/factors/{factorId}. What is in the Okta Verify app goes together.
func (o *Org) unenrollFactor(c *call) *apiError {
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
	f := o.factorOf(u, func(f *factor) bool { return f.id == c.param("factorId") })
	switch {
	case f == nil:
		return notFound(c.param("factorId"), "UserFactor")
	case u.status == statusDeprovisioned:
		return wrongStatus()
	}
	inApp := f.kind == "push" || f.kind == "signed_nonce"
	kept := []*factor{}
	for _, other := range o.factors[u.id] {
		if other != f && (!inApp || !other.inOktaVerify()) {
			kept = append(kept, other)
			continue
		}
		o.recordFactor(c, "user.mfa.factor.deactivate", u, other)
	}
	o.factors[u.id] = kept
	return c.nothing()
}

func (f *factor) inOktaVerify() bool {
	return f.kind == "push" || f.kind == "signed_nonce" || f.kind == "token:software:totp" && f.provider == "OKTA"
}

func (f *factor) json(c *call, u *user) any {
	of := c.base() + "/api/v1/users/" + u.id
	self := of + "/factors/" + f.id
	links := map[string]any{"self": linkTo(self, "GET", "DELETE"), "user": linkTo(of, "GET")}
	if f.kind == "question" {
		links["questions"] = linkTo(of+"/factors/questions", "GET")
	} else {
		links["verify"] = linkTo(self+"/verify", "POST")
	}
	return map[string]any{
		"id": f.id, "factorType": f.kind, "provider": f.provider, "vendorName": f.provider, "status": f.status,
		"created": f.created, "lastUpdated": f.created, "profile": f.profile, "_links": links,
	}
}
