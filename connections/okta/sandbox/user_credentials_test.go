package sandbox

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"
)

func passwords(old, new string) map[string]any {
	return map[string]any{"oldPassword": map[string]any{"value": old}, "newPassword": map[string]any{"value": new}}
}

func TestChangePassword(t *testing.T) {
	f := newFixture(t, Options{})
	path := f.inState("ada@example.com", statusActive)
	change := path + "/credentials/change_password"
	const other = "Other-Bridge-8"

	cause := f.do("POST", change, passwords("wrong", other)).refused(403, "E0000014")
	require.Equal(t, "Old Password is not correct", cause)
	f.do("POST", change, passwords(goodPassword, "short")).refused(403, "E0000080")
	f.do("POST", change, passwords(goodPassword, goodPassword)).refused(403, "E0000014")
	f.do("POST", change, `{"newPassword":{"value":"x"}}`).refused(400, "E0000001")

	answer := f.do("POST", change, map[string]any{
		"oldPassword": map[string]any{"value": goodPassword}, "newPassword": map[string]any{"value": other},
		"revokeSessions": true,
	})
	require.JSONEq(t, `{"password":{},"provider":{"type":"OKTA","name":"OKTA"}}`, string(answer.body))
	f.do("POST", change, passwords(goodPassword, other)).refused(403, "E0000014")
	events := f.events()
	require.Equal(t, []string{
		"user.account.update_password Test Person", "user.session.clear Test Person",
	}, events[len(events)-2:])
}

func TestChangePassword_States(t *testing.T) {
	f := newFixture(t, Options{})
	for before, after := range map[string]string{
		statusStaged: statusStaged, statusActive: statusActive, statusRecovery: statusActive,
		statusPasswordExpired: statusActive, statusSuspended: "", statusLockedOut: "", statusProvisioned: "",
		statusDeprovisioned: "",
	} {
		path := f.inState(before+"@example.com", before)
		a := f.do("POST", path+"/credentials/change_password", passwords(goodPassword, "Other-Bridge-8"))
		if after == "" {
			a.refused(403, "E0000035")
			continue
		}
		a.ok()
		require.Equal(t, after, f.get(path).ok()["status"], before)
	}
}

func TestUpdateUser_AdministratorsPassword(t *testing.T) {
	f := newFixture(t, Options{})
	for before, after := range map[string]string{
		statusStaged: statusStaged, statusProvisioned: statusActive, statusRecovery: statusActive, statusActive: statusActive,
		statusLockedOut: statusLockedOut,
	} {
		path := f.inState(before+"@example.com", before)
		require.Equal(t, after, f.do("POST", path, withPassword("Other-Bridge-8")).ok()["status"], before)
	}
	f.do("POST", f.inState("ada@example.com", statusActive), withPassword("short")).refused(400, "E0000001")
}

func TestImportedHash_IsVerified(t *testing.T) {
	f := newFixture(t, Options{})
	salt := []byte("pepper")
	b64 := base64.StdEncoding.EncodeToString
	digest := func(text string) string { sum := sha512.Sum512([]byte(text)); return b64(sum[:]) }
	derived, err := pbkdf2.Key(sha256.New, goodPassword, salt, 4096, 32)
	require.NoError(t, err)
	crypted, err := bcrypt.GenerateFromPassword([]byte(goodPassword), bcrypt.MinCost) // $2a$04$, salt, value
	require.NoError(t, err)
	for i, hash := range []map[string]any{
		{"algorithm": "BCRYPT", "value": string(crypted[29:]), "salt": string(crypted[7:29]), "workFactor": bcrypt.MinCost},
		{"algorithm": "SHA-512", "value": digest(goodPassword)},
		{"algorithm": "SHA-512", "value": digest("pepper" + goodPassword), "salt": b64(salt), "saltOrder": "PREFIX"},
		{"algorithm": "SHA-512", "value": digest(goodPassword + "pepper"), "salt": b64(salt), "saltOrder": "POSTFIX"},
		{
			"algorithm": "PBKDF2", "value": b64(derived), "salt": b64(salt), "iterationCount": 4096, "keySize": 32,
			"digestAlgorithm": "SHA256_HMAC",
		},
	} {
		u := f.user(fmt.Sprintf("p%d@example.com", i), "", map[string]any{
			"credentials": map[string]any{"password": map[string]any{"hash": hash}},
		})
		require.Equal(t, "IMPORT", at(u, "credentials.provider.type"))
		require.Equal(t, statusActive, u["status"])
		change := "/api/v1/users/" + u["id"].(string) + "/credentials/change_password"
		f.do("POST", change, passwords("wrong", "Other-Bridge-8")).refused(403, "E0000014")
		f.do("POST", change, passwords(goodPassword, "Other-Bridge-8")).ok()
	}
}

func TestImportedHash_Refused(t *testing.T) {
	f := newFixture(t, Options{})
	const salt = "0123456789abcdefghijkl"
	crypted := map[string]any{"algorithm": "BCRYPT", "value": "x", "salt": salt, "workFactor": 10}
	set := func(hash any) map[string]any {
		return map[string]any{"credentials": map[string]any{"password": map[string]any{"hash": hash}}}
	}
	staged := f.inState("ada@example.com", statusStaged)
	f.do("POST", staged, set(crypted)).ok()
	active := f.inState("b@example.com", statusActive)
	f.do("POST", active, set(crypted)).refused(400, "E0000001")
	hook := `{"credentials":{"password":{"hook":{"type":"default"}}}}`
	f.do("POST", active, hook).refused(400, "E0000001")
	f.do("POST", f.inState("c@example.com", statusStaged), hook).ok()
	for _, hash := range []map[string]any{
		{"algorithm": "ROT13", "value": "x"},
		{"algorithm": "SHA-256"},
		{"algorithm": "SHA256_HMAC", "value": "x"},
		{"algorithm": "SHA-1", "value": "x", "salt": "x", "saltOrder": "BOTH"},
		{"algorithm": "BCRYPT", "value": "x", "salt": "short", "workFactor": 10},
		{"algorithm": "BCRYPT", "value": "x", "salt": salt, "workFactor": 21},
		{
			"algorithm": "PBKDF2", "value": "x", "salt": "x", "iterationCount": 1, "keySize": 9,
			"digestAlgorithm": "SHA256_HMAC",
		},
		{
			"algorithm": "PBKDF2", "value": "x", "salt": "x", "iterationCount": 4096, "keySize": 1 << 30,
			"digestAlgorithm": "SHA256_HMAC",
		},
	} {
		f.do("POST", staged, set(hash)).refused(400, "E0000001")
	}
	f.do("POST", staged, map[string]any{"credentials": map[string]any{
		"password": map[string]any{"hash": crypted, "value": goodPassword},
	}}).refused(400, "E0000001")
	f.do("POST", staged, `{"credentials":{"password":{"hash":"not an object"}}}`).refused(400, "E0000003")
}

func TestRecoveryQuestion(t *testing.T) {
	f := newFixture(t, Options{})
	path := f.inState("ada@example.com", statusActive)
	f.do("POST", path+"/credentials/forgot_password?sendEmail=false", nil).refused(403, "E0000034")
	change := func(password, answer string) answer {
		return f.do("POST", path+"/credentials/change_recovery_question", map[string]any{
			"password":          map[string]any{"value": password},
			"recovery_question": map[string]any{"question": "First ship?", "answer": answer},
		})
	}
	change("wrong", "Argo").refused(403, "E0000014")
	change(goodPassword, "no").refused(400, "E0000001")
	require.Equal(t, "First ship?", at(change(goodPassword, "Argo").ok(), "recovery_question.question"))
	a := f.get(path)
	require.Equal(t, "First ship?", at(a.ok(), "credentials.recovery_question.question"))
	require.NotContains(t, string(a.body), "Argo")
	require.Contains(t, f.do("POST", path+"/credentials/forgot_password?sendEmail=false", nil).ok(), "resetPasswordUrl")

	staged := f.inState("b@example.com", statusProvisioned)
	f.do("POST", staged+"/credentials/change_recovery_question", `{}`).refused(403, "E0000036")
}

func TestRevokeSessions_ShowsInTheLog(t *testing.T) {
	f := newFixture(t, Options{})
	path := f.inState("ada@example.com", statusActive)
	f.do("DELETE", path+"/sessions", nil).nothing()
	f.do("DELETE", path+"/sessions?oauthTokens=true&forgetDevices=false", nil).nothing()
	events := f.get("/api/v1/logs", "filter", `eventType eq "user.session.clear"`).list()
	require.Len(t, events, 2)
	require.Equal(t, true, at(events[0], "debugContext.debugData.forgetDevices"), "Okta's default")
	require.Equal(t, false, at(events[1], "debugContext.debugData.forgetDevices"))
	require.Equal(t, true, at(events[1], "debugContext.debugData.oauthTokens"))
}

func TestSeededPassword_Works(t *testing.T) {
	f := newFixture(t, Options{Users: 3})
	f.do("POST", "/api/v1/users/me/credentials/change_password", passwords(Password, goodPassword)).ok()
}
