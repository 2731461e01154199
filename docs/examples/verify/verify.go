//go:build ignore

// Command verify serves a webhook that takes deliveries of the Okta connector and refuses what is not signed.
//
//	WEBHOOK_SECRET=whsec_... go run verify.go 127.0.0.1:9000
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// verify reports whether a delivery was signed with the secret, within the last five minutes.
func verify(secret string, header http.Header, body []byte) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	at, err := strconv.ParseInt(header.Get("webhook-timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(at, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", header.Get("webhook-id"), at, body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return hmac.Equal([]byte(header.Get("webhook-signature")), []byte(expected))
}

func main() {
	http.HandleFunc("POST /hook", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !verify(os.Getenv("WEBHOOK_SECRET"), r.Header, body) {
			http.Error(w, "bad signature", http.StatusUnauthorized)
			return
		}
		var events []struct{ ID, Type, Subject string }
		if err := json.Unmarshal(body, &events); err != nil {
			http.Error(w, "not a batch of events", http.StatusBadRequest)
			return
		}
		for _, e := range events {
			fmt.Println(e.ID, e.Type, e.Subject) // an event may come again, with the same ID
		}
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
