package sandbox

import (
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"strings"
	"unicode"

	"golang.org/x/crypto/bcrypt"
)

// Password is that of everyone whom the org is seeded with.
const Password = "Harbour-7-Lights"

// password is what the org keeps of one: how to recognise it.
type password struct {
	sum       [sha256.Size]byte
	imported  *passwordHash // takes the place of sum
	elsewhere bool          // an inline hook would have to be asked, which the org does not do: nothing is the password
}

// foreign reports whether the password was made in another system.
func (p *password) foreign() bool { return p.imported != nil || p.elsewhere }

func newPassword(value string) *password { return &password{sum: sha256.Sum256([]byte(value))} }

// is reports whether value is the password. It may take seconds for an imported hash.
func (p *password) is(value string) bool {
	switch {
	case p.elsewhere:
		return false
	case p.imported != nil:
		return p.imported.of(value)
	}
	sum := sha256.Sum256([]byte(value))
	return subtle.ConstantTimeCompare(sum[:], p.sum[:]) == 1
}

const passwordRules = "Password requirements were not met. Password requirements: at least 8 characters, " +
	"a lowercase letter, an uppercase letter, a number, no parts of your username."

// strongEnough applies the complexity rules of Okta's default password policy.
func strongEnough(value, login string) bool {
	has := func(is func(rune) bool) bool { return strings.ContainsFunc(value, is) }
	name, _, _ := strings.Cut(strings.ToLower(login), "@")
	return len([]rune(value)) >= 8 && has(unicode.IsLower) && has(unicode.IsUpper) && has(unicode.IsDigit) &&
		(len(name) < 4 || !strings.Contains(strings.ToLower(value), name))
}

// passwordHash is a password as another system kept it.
type passwordHash struct {
	Algorithm       string `json:"algorithm"`
	Salt            string `json:"salt"`
	SaltOrder       string `json:"saltOrder"`
	Value           string `json:"value"`
	WorkFactor      int    `json:"workFactor"`
	IterationCount  int    `json:"iterationCount"`
	KeySize         int    `json:"keySize"`
	DigestAlgorithm string `json:"digestAlgorithm"`
}

var digests = map[string]func() hash.Hash{
	"MD5": md5.New, "SHA-1": sha1.New, "SHA-256": sha256.New, "SHA-512": sha512.New,
	"SHA256_HMAC": sha256.New, "SHA512_HMAC": sha512.New,
}

// What one imported hash may cost whoever compares a password with it. Okta's own bounds are not published.
const (
	maxIterations = 10_000_000
	maxKeySize    = 1024
)

// check returns what is wrong with the hash, "" for nothing.
func (h *passwordHash) check() string {
	switch {
	case h.Value == "":
		return "credentials.password.hash.value: The field cannot be left blank"
	case h.Algorithm == "BCRYPT":
		if h.WorkFactor < 1 || h.WorkFactor > 20 || len(h.Salt) != 22 {
			return "credentials.password.hash: BCRYPT takes a workFactor from 1 to 20 and a salt of 22 characters"
		}
	case h.Algorithm == "PBKDF2":
		if h.IterationCount < 4096 || h.IterationCount > maxIterations || h.KeySize < 1 || h.KeySize > maxKeySize ||
			h.Salt == "" || !strings.HasSuffix(h.DigestAlgorithm, "_HMAC") ||
			digests[h.DigestAlgorithm] == nil {
			return "credentials.password.hash: PBKDF2 takes a salt, a keySize, a digestAlgorithm and an iterationCount from 4096"
		}
	case digests[h.Algorithm] == nil || strings.HasSuffix(h.Algorithm, "_HMAC"):
		return "credentials.password.hash.algorithm: The value is not in the list of values"
	case h.Salt != "" && h.SaltOrder != "PREFIX" && h.SaltOrder != "POSTFIX":
		return "credentials.password.hash.saltOrder: The value is not in the list of values"
	}
	return ""
}

func (h *passwordHash) of(value string) bool {
	salt, err := base64.StdEncoding.DecodeString(h.Salt)
	if err != nil {
		salt = []byte(h.Salt)
	}
	var sum []byte
	switch h.Algorithm {
	case "BCRYPT":
		joined := fmt.Sprintf("$2a$%02d$%s%s", h.WorkFactor, h.Salt, h.Value)
		return bcrypt.CompareHashAndPassword([]byte(joined), []byte(value)) == nil
	case "PBKDF2":
		if sum, err = pbkdf2.Key(digests[h.DigestAlgorithm], value, salt, h.IterationCount, h.KeySize); err != nil {
			return false
		}
	default:
		salted := value + string(salt)
		if h.SaltOrder == "PREFIX" {
			salted = string(salt) + value
		}
		digest := digests[h.Algorithm]()
		_, _ = digest.Write([]byte(salted))
		sum = digest.Sum(nil)
	}
	known, err := base64.StdEncoding.DecodeString(h.Value)
	return err == nil && subtle.ConstantTimeCompare(known, sum) == 1
}

// credentialsRequest are the credentials in a request to create or change a user.
type credentialsRequest struct {
	Password *struct {
		Value *string       `json:"value"`
		Hash  *passwordHash `json:"hash"`
		Hook  *struct {
			Type string `json:"type"`
		} `json:"hook"`
	} `json:"password"`
	RecoveryQuestion *struct {
		Question string `json:"question"`
		Answer   string `json:"answer"`
	} `json:"recovery_question"`
	Provider *struct {
		Type string `json:"type"`
		Name string `json:"name"`
	} `json:"provider"`
}

var providerTypes = []string{"ACTIVE_DIRECTORY", "FEDERATION", "IMPORT", "LDAP", "OKTA", "SOCIAL"}

// apply puts what r holds into u. It returns whether there is a new password.
func (r *credentialsRequest) apply(u *user) (changed bool, refusal *apiError) {
	if r == nil {
		return false, nil
	}
	if p := r.Provider; p != nil {
		if !oneOf(providerTypes...)(p.Type) {
			return false, invalid("credentials.provider", "type: The value is not in the list of values")
		}
		u.providerType, u.providerName = p.Type, p.Name
		if u.providerName == "" {
			u.providerName = p.Type
		}
	}
	if q := r.RecoveryQuestion; q != nil {
		if refusal := checkRecovery(q.Question, q.Answer); refusal != nil {
			return false, refusal
		}
		u.question, u.answer = q.Question, q.Answer
	}
	p := r.Password
	if p == nil || p.Value == nil && p.Hash == nil && p.Hook == nil {
		return false, nil
	}
	switch {
	case p.Value != nil && p.Hash != nil, p.Hook != nil && (p.Value != nil || p.Hash != nil):
		return false, invalid("password", "password: value, hash and hook cannot be given together")
	case p.Hook != nil && p.Hook.Type != "default":
		return false, invalid("password", "password.hook.type: The value must be default")
	case p.Hook != nil:
		u.password = &password{elsewhere: true}
		u.providerType, u.providerName = "IMPORT", "IMPORT"
	case p.Value != nil && !strongEnough(*p.Value, u.login()):
		return false, invalid("password", "password: "+passwordRules)
	case p.Value != nil:
		u.password = newPassword(*p.Value)
	default:
		if wrong := p.Hash.check(); wrong != "" {
			return false, invalid("password", wrong)
		}
		u.password = &password{imported: p.Hash}
		u.providerType, u.providerName = "IMPORT", "IMPORT"
	}
	u.passwordChanged = now()
	return true, nil
}

func checkRecovery(question, answer string) *apiError {
	switch {
	case question == "" || answer == "":
		return invalid("recovery_question", "recovery_question: question and answer must be given together")
	case len([]rune(question)) > 100 || len([]rune(answer)) > 100:
		return invalid("recovery_question", "recovery_question: String is too long (maximum length 100)")
	case len([]rune(answer)) < 4:
		return invalid("recovery_question", "recovery_question.answer: String is too short (minimum length 4)")
	}
	return nil
}

// credentialsJSON is what the org tells of u's credentials: never the secrets.
func (u *user) credentialsJSON() []byte {
	type recovery struct {
		Question string `json:"question"`
	}
	type provider struct {
		Type string `json:"type"`
		Name string `json:"name"`
	}
	told := struct {
		Password *struct{} `json:"password,omitempty"`
		Recovery *recovery `json:"recovery_question,omitempty"`
		Provider provider  `json:"provider"`
	}{Provider: provider{u.providerType, u.providerName}}
	if u.password != nil {
		told.Password = &struct{}{}
	}
	if u.question != "" {
		told.Recovery = &recovery{u.question}
	}
	text, err := json.Marshal(told)
	if err != nil {
		panic("sandbox: credentials: " + err.Error()) // strings only
	}
	return text
}
