package actions

import (
	"encoding/json"
	"errors"

	"github.com/okta-connector/okta-connector/schemas"
)

type credentialInputs struct {
	Password     schemas.Secret `json:"password" title:"Password" doc:"A password in plain text, held against the org's password policy. Excludes Hash Password."`
	HashPassword schemas.Object `json:"hashPassword" title:"Hash Password" secret:"true" placeholder:"{\"algorithm\": \"BCRYPT\", \"workFactor\": 10, \"salt\": \"...\", \"value\": \"...\"}" doc:"A password hash from another system, as an object: algorithm (BCRYPT, PBKDF2, SHA-512, SHA-256, SHA-1 or MD5) and value, with what the algorithm needs: salt, saltOrder, workFactor, iterationCount, keySize, digestAlgorithm. An existing user must be STAGED to take it. Excludes Password."`
	Question     string         `json:"question" title:"Question" example:"What was your first computer?" maxLength:"100" doc:"The question to ask when the user has forgotten the password. Needs Answer."`
	Answer       schemas.Secret `json:"answer" title:"Answer" maxLength:"100" doc:"The answer to Question."`
}

// CheckEach holds the hash against what Okta imports.
func (in credentialInputs) CheckEach() schemas.Invalid {
	return checkHash("hashPassword", in.HashPassword)
}

func (in credentialInputs) checkCredentials() schemas.Invalid {
	var bad schemas.Invalid
	if in.Password != "" && in.HashPassword != nil {
		bad.Add("/hashPassword", "excludes Password: give one of them")
	}
	if in.Question != "" && in.Answer == "" {
		bad.Add("/answer", "is required with Question")
	}
	if in.Answer != "" && in.Question == "" {
		bad.Add("/question", "is required with Answer")
	}
	return bad
}

// credentials is the credentials object of Okta's user, empty where nothing is set.
func (in credentialInputs) credentials() map[string]any {
	credentials := make(map[string]any)
	switch {
	case in.Password != "":
		credentials["password"] = passwordValue(in.Password)
	case in.HashPassword != nil:
		credentials["password"] = map[string]any{"hash": in.HashPassword}
	}
	if in.Question != "" {
		credentials["recovery_question"] = map[string]string{"question": in.Question, "answer": in.Answer.Reveal()}
	}
	return credentials
}

func passwordValue(password schemas.Secret) map[string]string {
	return map[string]string{"value": password.Reveal()}
}

// passwordHash is the shape of a hash that Okta imports. It is here to be checked; what is sent is the caller's object.
type passwordHash struct {
	Algorithm       string         `json:"algorithm" required:"true" options:"BCRYPT,PBKDF2,SHA-512,SHA-256,SHA-1,MD5"`
	Value           schemas.Secret `json:"value" required:"true"`
	Salt            schemas.Secret `json:"salt"`
	SaltOrder       string         `json:"saltOrder" options:"PREFIX,POSTFIX"`
	WorkFactor      int            `json:"workFactor" min:"1" max:"20"`
	IterationCount  int            `json:"iterationCount" min:"4096"`
	KeySize         int            `json:"keySize" min:"1"`
	DigestAlgorithm string         `json:"digestAlgorithm" options:"SHA256_HMAC,SHA512_HMAC"`
}

var passwordHashes = schemas.For[passwordHash]()

// Check holds what an algorithm needs.
func (h *passwordHash) Check() schemas.Invalid {
	var bad schemas.Invalid
	need := func(name string, given bool) {
		if !given {
			bad.Add(schemas.Pointer(name), "is required with "+h.Algorithm)
		}
	}
	switch h.Algorithm {
	case "BCRYPT":
		need("workFactor", h.WorkFactor != 0)
		need("salt", h.Salt != "")
		if h.Salt != "" && len(h.Salt) != 22 {
			bad.Add("/salt", "must be 22 characters, as BCRYPT writes it")
		}
	case "PBKDF2":
		need("salt", h.Salt != "")
		need("iterationCount", h.IterationCount != 0)
		need("keySize", h.KeySize != 0)
		need("digestAlgorithm", h.DigestAlgorithm != "")
	default:
		if h.Salt != "" && h.SaltOrder == "" {
			bad.Add("/saltOrder", "is required with salt")
		}
	}
	return bad
}

// checkHash tells what Okta would not take of the hash in the named input; nil is good.
func checkHash(name string, hash schemas.Object) schemas.Invalid {
	if hash == nil {
		return nil
	}
	raw, err := json.Marshal(hash)
	if err != nil {
		return schemas.Invalid{{Pointer: schemas.Pointer(name), Detail: "is not JSON"}}
	}
	var invalid schemas.Invalid
	errors.As(passwordHashes.Decode(raw, new(passwordHash)), &invalid)
	return invalid.Under(schemas.Pointer(name))
}
