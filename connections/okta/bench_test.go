package okta

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// benchUser is as large as a user of a real org with its links.
func benchUser(i int) string {
	return fmt.Sprintf(`{"id":"00u%017d","status":"ACTIVE","created":"2026-01-05T18:14:15.000Z",`+
		`"activated":"2026-01-05T18:14:15.000Z","statusChanged":"2026-01-05T18:14:15.000Z","lastLogin":null,`+
		`"lastUpdated":"2026-03-05T18:14:15.000Z","passwordChanged":"2026-01-05T18:14:15.000Z",`+
		`"type":{"id":"otyc04qb2rUDcq2YA4x6"},"profile":{"firstName":"Ada","lastName":"Lovelace %[1]d",`+
		`"mobilePhone":null,"secondEmail":null,"login":"ada.%[1]d@example.com","email":"ada.%[1]d@example.com",`+
		`"department":"Analytical Engines","costCenter":"1843"},"credentials":{"password":{},"emails":[{`+
		`"value":"ada.%[1]d@example.com","status":"VERIFIED","type":"PRIMARY"}],"provider":{"type":"OKTA","name":"OKTA"}},`+
		`"_links":{"self":{"href":"https://acme.okta.com/api/v1/users/00u%017[1]d"}}}`, i)
}

const (
	benchPages    = 50
	benchPageSize = 200
)

// benchOrg serves one user, and a list of benchPages pages, with a bucket that is never used up.
func benchOrg(b *testing.B) string {
	b.Helper()
	users := make([]string, 0, benchPageSize)
	for i := range benchPageSize {
		users = append(users, benchUser(i))
	}
	page := []byte("[" + strings.Join(users, ",") + "]")
	user := []byte(benchUser(1))
	s := serve(b, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set(headerLimit, "1000000")
		h.Set(headerRemaining, "900000")
		h.Set(headerReset, strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10))
		h.Set("Content-Type", "application/json")
		if r.URL.Path != "/api/v1/users" {
			_, _ = w.Write(user)
			return
		}
		h.Add("Link", `<https://acme.okta.com/api/v1/users?limit=200>; rel="self"`)
		if n, _ := strconv.Atoi(r.URL.Query().Get("after")); n+1 < benchPages {
			h.Add("Link", fmt.Sprintf(`<https://acme.okta.com/api/v1/users?after=%d&limit=200>; rel="next"`, n+1))
		}
		_, _ = w.Write(page)
	})
	return s.URL
}

func BenchmarkDo(b *testing.B) {
	base := benchOrg(b)
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, base+"/api/v1/users/ada", http.NoBody)
			require.NoError(b, err)
			req.Header.Set("Authorization", "SSWS x")
			res, err := http.DefaultClient.Do(req)
			require.NoError(b, err)
			_, err = io.ReadAll(res.Body)
			require.NoError(b, err)
			_ = res.Body.Close()
		}
	})
	b.Run("client", func(b *testing.B) {
		c := newTestClient(b, Config{BaseURL: base})
		b.ReportAllocs()
		for b.Loop() {
			_, err := c.call(b.Context(), http.MethodGet, At("/api/v1/users/{id}", "ada"), nil, nil)
			require.NoError(b, err)
		}
	})
}

// BenchmarkPages reads benchPages pages and writes their items as lines. The bare pager does no more than anybody
// would by hand; the one that copies does not even look at what it reads.
func BenchmarkPages(b *testing.B) {
	base := benchOrg(b)
	get := func(b *testing.B, n int) *http.Response {
		res, err := http.Get(base + "/api/v1/users?limit=200&after=" + strconv.Itoa(n))
		require.NoError(b, err)
		return res
	}
	report := func(b *testing.B) {
		b.ReportMetric(float64(b.N*benchPages*benchPageSize)/b.Elapsed().Seconds(), "items/s")
	}
	write := func(w io.Writer, items []json.RawMessage) {
		for _, item := range items {
			_, _ = w.Write(item)
			_, _ = io.WriteString(w, "\n")
		}
	}
	b.Run("copy", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for n := range benchPages {
				res := get(b, n)
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
			}
		}
		report(b)
	})
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for n := range benchPages {
				res := get(b, n)
				var items []json.RawMessage
				require.NoError(b, json.NewDecoder(res.Body).Decode(&items))
				_ = res.Body.Close()
				write(io.Discard, items)
			}
		}
		report(b)
	})
	c := newTestClient(b, Config{BaseURL: base})
	for name, ahead := range map[string]bool{"client": false, "prefetching": true} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				pages := c.Pages(b.Context(), At("/api/v1/users"), url.Values{"limit": {"200"}}, "")
				if ahead {
					pages = Prefetch(pages, nil)
				}
				for page, err := range pages {
					require.NoError(b, err)
					write(io.Discard, page.Items)
				}
			}
			report(b)
		})
	}
}

func BenchmarkGovernor(b *testing.B) {
	once := func(b *testing.B, g *Governor, ctx context.Context, t *turn, h http.Header) {
		ticket, err := g.acquire(ctx, t)
		if err != nil {
			b.Error(err)
			return
		}
		ticket.answered(http.StatusOK, h)
		ticket.done()
	}
	h := rateHeaders(1_000_000, 900_000, 9*time.Minute)
	b.Run("free", func(b *testing.B) {
		g := NewGovernor(GovernorConfig{})
		b.ReportAllocs()
		for b.Loop() {
			once(b, g, b.Context(), newTurn(b.Context(), "GET", "/api/v1/users"), h)
		}
	})
	b.Run("contended", func(b *testing.B) { // 64 callers for 4 places
		g := NewGovernor(GovernorConfig{MaxConcurrent: 4})
		b.SetParallelism(32)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				once(b, g, b.Context(), newTurn(b.Context(), "GET", "/api/v1/users"), h)
			}
		})
	})
	b.Run("long line", func(b *testing.B) { // 10,000 wait for a bucket that is used up
		g := NewGovernor(GovernorConfig{})
		ctx, cancel := context.WithCancel(b.Context())
		once(b, g, ctx, newTurn(ctx, "GET", "/busy"), rateHeaders(10, 0, 9*time.Minute))
		done := make(chan struct{})
		for range 10_000 {
			go func() {
				_, _ = g.acquire(ctx, newTurn(ctx, "GET", "/busy"))
				done <- struct{}{}
			}()
		}
		b.ReportAllocs()
		for b.Loop() {
			once(b, g, b.Context(), newTurn(b.Context(), "GET", "/api/v1/users"), h)
		}
		cancel()
		for range 10_000 {
			<-done
		}
	})
}

func BenchmarkNextLink(b *testing.B) {
	headers := []string{
		`<https://acme.okta.com/api/v1/users?limit=200>; rel="self"`,
		`<https://acme.okta.com/api/v1/users?after=200u65rtcsG0fEUsxsW96&limit=200>; rel="next"`,
	}
	b.ReportAllocs()
	for b.Loop() {
		if nextLink(headers) == "" {
			b.Fatal("no link")
		}
	}
}
