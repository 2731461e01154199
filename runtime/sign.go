package runtime

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const secretPrefix = "whsec_"

// NewWebhookSecret makes a signing secret of 32 random bytes in the form of Standard Webhooks: "whsec_" and base64.
func NewWebhookSecret() string {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return secretPrefix + base64.StdEncoding.EncodeToString(key)
}

var errSecretForm = errors.New("must be whsec_ followed by 24 to 64 bytes in base64")

// parseWebhookSecret returns the key inside a secret of Standard Webhooks.
func parseWebhookSecret(secret string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok {
		return nil, errSecretForm
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) < 24 || len(key) > 64 {
		return nil, errSecretForm
	}
	return key, nil
}

// Sign returns the webhook-signature header of a message: "v1," and the HMAC-SHA256 over id, timestamp and body, as
// Standard Webhooks defines it. The secret must be one of [NewWebhookSecret] or of its form.
func Sign(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := parseWebhookSecret(secret)
	if err != nil {
		return "", fmt.Errorf("sign %s: the secret %w", id, err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
