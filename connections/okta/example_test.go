package okta_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/okta-connector/okta-connector/connections/okta"
)

// token is the simplest authoriser: one credential that is never renewed.
type token string

func (t token) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set("Authorization", "SSWS "+string(t))
	return nil
}

func (token) Refused(*http.Request, *okta.Error) bool { return false }

// twoPages stands for an org with three groups.
func twoPages(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != "/api/v1/groups":
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"errorCode":"E0000007","errorSummary":"Not found: Resource not found: 00u1 (User)"}`)
	case r.URL.Query().Get("after") == "":
		w.Header().Add("Link", `<https://acme.okta.com/api/v1/groups?after=00g2&limit=2>; rel="next"`)
		fmt.Fprint(w, `[{"id":"00g1"},{"id":"00g2"}]`)
	default:
		fmt.Fprint(w, `[{"id":"00g3"}]`)
	}
}

func ExampleNew() {
	org := httptest.NewServer(http.HandlerFunc(twoPages))
	defer org.Close()
	client, err := okta.New(okta.Config{BaseURL: org.URL, Auth: token("00abc")})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.JSON(context.Background(), &okta.Request{
		Method: http.MethodGet, Path: okta.At("/api/v1/users/{id}", "00u1"),
	})
	fmt.Println(okta.HasCode(err, okta.CodeNotFound))
	fmt.Println(err)
	// Output:
	// true
	// okta: GET /api/v1/users/{id}: 404 E0000007 Not found: Resource not found: 00u1 (User)
}

func ExampleClient_Pages() {
	org := httptest.NewServer(http.HandlerFunc(twoPages))
	defer org.Close()
	client, err := okta.New(okta.Config{BaseURL: org.URL, Auth: token("00abc")})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ctx, stats := okta.WithStats(ctx)
	groups := client.Pages(ctx, okta.At("/api/v1/groups"), url.Values{"limit": {"2"}}, "")
	for page, err := range okta.Prefetch(groups, cancel) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, group := range page.Items {
			var g struct{ ID string }
			if err := json.Unmarshal(group, &g); err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println(g.ID)
		}
	}
	fmt.Println(stats.Requests(), "requests")
	// Output:
	// 00g1
	// 00g2
	// 00g3
	// 2 requests
}
