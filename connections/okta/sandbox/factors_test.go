package sandbox

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func question(key, answer string) map[string]any {
	return map[string]any{
		"factorType": "question", "provider": "OKTA", "profile": map[string]any{"question": key, "answer": answer},
	}
}

func TestFactors_SecurityQuestion(t *testing.T) {
	f := newFixture(t, Options{})
	path := f.inState("ada@example.com", statusActive) + "/factors"
	require.Len(t, f.get(path+"/questions").list(), 20)
	enrolled := f.do("POST", path, question("disliked_food", "tripe"))
	require.NotContains(t, string(enrolled.body), "tripe")
	id := enrolled.ok()["id"].(string)
	require.Equal(t, "ACTIVE", enrolled.ok()["status"])
	require.Equal(t, enrolled.ok(), f.get(path+"/"+id).ok())
	require.Equal(t, []string{id}, values(f.get(path).list(), "id"))
	f.do("POST", path, question("first_award", "chess")).refused(400, "E0000001")

	f.do("DELETE", path+"/"+id+"?removeRecoveryEnrollment=true", nil).nothing()
	require.Contains(t, string(f.do("DELETE", path+"/"+id, nil).body), "(UserFactor)")
	require.Empty(t, f.get(path).list())
	events := f.events()
	require.Equal(t, []string{
		"user.mfa.factor.activate Test Person", "user.mfa.factor.deactivate Test Person",
	}, events[len(events)-2:])
}

func TestFactors_EnrollRefused(t *testing.T) {
	f := newFixture(t, Options{})
	path := f.inState("ada@example.com", statusActive) + "/factors"
	for _, body := range []map[string]any{
		{},
		question("no_such_question", "tripe"), question("disliked_food", "abc"), question("disliked_food", "food"),
		{"factorType": "u2f", "provider": "FIDO"},
	} {
		f.do("POST", path, body).refused(400, "E0000001")
	}
	gone := f.inState("gone@example.com", statusDeprovisioned) + "/factors"
	f.do("POST", gone, question("disliked_food", "tripe")).refused(403, "E0000038")
}

func TestFactors_OktaVerifyGoesTogether(t *testing.T) {
	f := newFixture(t, Options{Users: 10})
	u := f.org.users.rows[1].id
	path := "/api/v1/users/" + u + "/factors"
	f.do("POST", path, question("disliked_food", "tripe")).ok()
	factors := f.get(path).list()
	require.Equal(t, []string{"push", "token:software:totp", "question"}, values(factors, "factorType"))
	f.do("DELETE", path+"/"+factors[0]["id"].(string), nil).nothing()
	require.Equal(t, []string{"question"}, values(f.get(path).list(), "factorType"))
	f.do("POST", "/api/v1/users/"+u+"/lifecycle/reset_factors", nil).ok()
	require.Empty(t, f.get(path).list())
}
