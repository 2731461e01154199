package console_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var screenshots = flag.String("screenshots", "", "write pictures of every page into this `folder`")

// A view is a page in a state worth looking at.
type view struct {
	name string
	path string
	do   func(*tab) // brings it into that state
}

func views() []view {
	run := func(b *tab) {
		b.click(`button.primary[value=run]`)
		b.until(`document.querySelector('#result [data-focus]')`)
	}
	return []view{
		{"overview", "/", nil},
		{"actions", "/actions", nil},
		{"action", "/actions/listUsers", func(b *tab) { b.fill("#in-limit", "3"); run(b) }},
		{"action-form", "/actions/createUser?example=1", nil},
		{"action-hooks", "/actions/createEventHook?example=1", nil},
		{"action-errors", "/actions/createUser", func(b *tab) {
			b.fill("#in-profileExtraInputs", "{oops")
			b.click(`button.primary[value=run]`)
			b.until(`document.querySelector('.field.bad')`)
		}},
		{"action-confirm", "/actions/deleteUser?in.id=ada@example.com", func(b *tab) {
			b.click(`button.primary[value=run]`)
			b.until(`document.querySelector('#confirm')`)
		}},
		{"action-refused", "/actions/getUser?in.id=nobody@example.com", run},
		{"picker", "/actions/addUserToGroup", func(b *tab) {
			b.click("#in-userId")
			b.until(`document.querySelectorAll('.choices [role=option]').length > 3`)
		}},
		{"action-code", "/actions/getUser?in.id=me", func(b *tab) {
			b.click(`button[value=code]`)
			b.until(`document.querySelector('#as-code')`)
		}},
		{"connections", "/connections", nil},
		{"connection-new", "/connections/new", nil},
		{"connection-oauth", "/connections/new?key=oauth2AuthorizationCode", nil},
		{"connection-test", "/connections/sandbox", func(b *tab) {
			b.click(`form[action$="/test"] button`)
			b.until(`document.querySelector('#test .ok')`)
		}},
		{"subscriptions", "/subscriptions", nil},
		{"subscription-new", "/subscriptions/new", nil},
		{"subscription-form", "/subscriptions/new?trigger=newSystemLogs", nil},
		{"subscription-hook", "/subscriptions/new?trigger=eventHook", nil},
		{"subscription", "/subscriptions/audit-log", nil},
		{"subscription-dead", "/subscriptions/to-engine", nil},
		{"deliveries", "/deliveries", nil},
		{"action-preview", "/actions/updateUser?connection=sandbox&in.id=ada.lovelace@example.com&in.department=E", func(b *tab) {
			b.click(`button[value=preview]`)
			b.until(`document.querySelector('#preview')`)
		}},
		{"audit", "/audit", nil},
		{"sandbox", "/sandbox", nil},
		{"form", "/forms/actions/addUserToGroup?connection=sandbox", nil},
		{"nothing", "/nowhere", nil},
	}
}

// TestScreenshots draws every page, light and dark, wide and on a phone: go test ./runtime/console -run Screenshots
// -screenshots DIR.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("skipped: give -screenshots a folder")
	}
	require.NoError(t, os.MkdirAll(*screenshots, 0o755))
	s := newSite(t, siteOptions{})
	s.populate()
	locked := newSite(t, siteOptions{keys: []string{"key"}})
	empty := newSite(t, siteOptions{empty: true})
	for _, looks := range []struct {
		name          string
		width, height int64
		scheme        string
	}{
		{"wide-light", 1440, 900, "light"},
		{"wide-dark", 1440, 900, "dark"},
		{"phone-light", 390, 844, "light"},
		{"phone-dark", 390, 844, "dark"},
	} {
		b := s.open()
		b.look(looks.width, looks.height, looks.scheme)
		for _, v := range views() {
			b.visit(v.path)
			if v.do != nil {
				v.do(b)
			}
			b.shoot(v.name + "-" + looks.name)
		}
		b.visit(locked.URL + "/login")
		b.shoot("login-" + looks.name)
		b.visit(empty.URL + "/")
		b.shoot("empty-" + looks.name)
	}
	shootReadme(s.open())
}

func shootReadme(b *tab) {
	b.look(1320, 800, "light")
	for _, v := range readmeViews() {
		b.visit(v.path)
		if v.do != nil {
			v.do(b)
		}
		picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		require.NoError(b.t, err)
		require.NoError(b.t, os.WriteFile(filepath.Join(*screenshots, v.name+".png"), picture, 0o600))
	}
}

// readmeViews are the pictures in docs.
func readmeViews() []view {
	return []view{
		{"console-audit", "/audit", nil},
		{"console-preview", "/actions/updateUser?connection=sandbox&in.id=ada.lovelace@example.com&in.department=Engines", func(b *tab) {
			b.click(`button[value=preview]`)
			b.until(`document.querySelector('#preview')`)
		}},
		{"console-subscription", "/subscriptions/audit-log", nil},
		{"console-action", "/actions/getUser?connection=sandbox&in.id=ada.lovelace@example.com", func(b *tab) {
			b.click(`button.primary[value=run]`)
			b.until(`document.querySelector('#result [data-focus]')`)
		}},
	}
}

// shoot writes a picture of the whole page.
func (b *tab) shoot(name string) {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join(*screenshots, name+".png"), picture, 0o600))
}

// populate makes a site that looks lived in.
func (s *site) populate() {
	s.t.Helper()
	s.run()
	s.connect("acme-preview")
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/broken") {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	s.t.Cleanup(receiver.Close)
	s.subscribe("audit-log", map[string]any{
		"trigger": "newSystemLogs", "schedule": "*/5 * * * *", "timeZone": "Europe/Berlin",
	})
	s.subscribe("new-hires", map[string]any{
		"trigger": "newUsers", "schedule": "0 9 * * 1-5", "deliverTo": map[string]any{"url": receiver.URL + "/hires"},
	})
	s.subscribe("to-engine", map[string]any{
		"trigger": "newSystemLogs", "schedule": "@every 30s", "deliverTo": map[string]any{"url": receiver.URL + "/broken"},
	})
	s.subscribe("sandbox-live", map[string]any{"trigger": "newSystemLogs", "schedule": "@every 1s"})
	for i, name := range []string{"Ada Lovelace", "Grace Hopper", "Alan Turing", "Barbara Liskov", "Edsger Dijkstra"} {
		first, last, _ := strings.Cut(name, " ")
		login := fmt.Sprintf("%s.%s@example.com", strings.ToLower(first), strings.ToLower(last))
		s.invoke("createUser", map[string]any{
			"login": login, "email": login, "firstName": first, "lastName": last, "password": "Sand-box-2026",
		}, nil)
		if i%2 == 0 {
			s.invoke("suspendUser", map[string]any{"id": login}, nil)
		}
	}
	for _, id := range []string{"audit-log", "new-hires", "to-engine", "sandbox-live"} {
		_, err := s.engine.PollNow(s.t.Context(), id)
		require.NoError(s.t, err)
	}
	_, err := s.engine.SetPaused(s.t.Context(), "new-hires", true)
	require.NoError(s.t, err)
}
