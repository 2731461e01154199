package okta

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const listed = "/api/v1/users"

// lister answers GET listed with the page that after names, with Okta's two Link lines.
func lister(pages map[string]string, next map[string]string) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		after := r.URL.Query().Get("after")
		h := http.Header{"Link": {`<https://acme.okta.com` + r.URL.RequestURI() + `>; rel="self"`}}
		if n := next[after]; n != "" {
			h.Add("Link", `<https://acme.okta.com`+listed+`?after=`+n+`&limit=2>; rel="next"`)
		}
		return answer(r, http.StatusOK, h, pages[after]), nil
	}
}

func items(t *testing.T, pages iter.Seq2[Page, error]) ([]string, error) {
	t.Helper()
	var out []string
	for page, err := range pages {
		if err != nil {
			return out, err
		}
		for _, item := range page.Items {
			out = append(out, string(item))
		}
	}
	return out, nil
}

func TestPages_FollowsTheLinksToTheEnd(t *testing.T) {
	t.Parallel()
	var asked []string
	pages := lister(
		map[string]string{"": `[{"id":1},{"id":2}]`, "a": `[]`, "b": `[{"id":3, "profile":{"über":null}}]`},
		map[string]string{"": "a", "a": "b"},
	)
	c := newTestClient(t, Config{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.RequestURI())
		require.Equal(t, "acme.okta.com", r.URL.Host)
		return pages(r)
	})})
	got, err := items(t, c.Pages(t.Context(), At(listed), url.Values{"search": {`a eq "b"`}}, ""))
	require.NoError(t, err)
	require.Equal(t, []string{`{"id":1}`, `{"id":2}`, `{"id":3, "profile":{"über":null}}`}, got, "as Okta sent them")
	require.Equal(t, []string{
		listed + "?search=a+eq+%22b%22", listed + "?after=a&limit=2", listed + "?after=b&limit=2",
	}, asked)

	asked = nil
	got, err = items(t, c.Pages(t.Context(), At(listed), nil, listed+"?after=b"))
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, []string{listed + "?after=b"}, asked, "begins where it is told")
}

func TestPages_AreFetchedAsTheyAreRead(t *testing.T) {
	t.Parallel()
	asked := 0
	pages := lister(map[string]string{"": `[1]`, "a": `[2]`}, map[string]string{"": "a"})
	c := newTestClient(t, Config{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		asked++
		return pages(r)
	})})
	for _, err := range c.Pages(t.Context(), At(listed), nil, "") {
		require.NoError(t, err)
		require.Equal(t, 1, asked)
		break
	}
	require.Equal(t, 1, asked)
	seq := c.Pages(t.Context(), At(listed), nil, "")
	for range 2 {
		got, err := items(t, seq)
		require.NoError(t, err)
		require.Equal(t, []string{"1", "2"}, got, "may be read again")
	}
}

func TestPages_RepeatedLinks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		next map[string]string
		at   Cursor
		want int // pages read before
	}{
		"to itself":            {next: map[string]string{"": "a", "a": "a"}, want: 2},
		"of two":               {next: map[string]string{"": "a", "a": "b", "b": "a"}, want: 3},
		"of three":             {next: map[string]string{"": "a", "a": "b", "b": "c", "c": "a"}, want: 4},
		"back to where it was": {next: map[string]string{"a": "b", "b": "a"}, at: listed + "?after=a&limit=2", want: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := map[string]string{"": "[1]", "a": "[1]", "b": "[1]", "c": "[1]"}
			c := newTestClient(t, Config{Transport: lister(page, test.next)})
			got, err := items(t, c.Pages(t.Context(), At(listed), nil, test.at))
			require.ErrorIs(t, err, ErrRepeatedLink)
			require.True(t, HasStatus(err, http.StatusOK), "an answer that is not Okta's")
			require.Len(t, got, test.want)
		})
	}
}

func TestPages_ManyLinksInBoundedMemory(t *testing.T) {
	t.Parallel()
	n := 0
	c := newTestClient(t, Config{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		n++
		h := http.Header{}
		if n <= 3*maxTrail {
			h.Set("Link", fmt.Sprintf(`<%s?after=%d>; rel="next"`, listed, n))
		}
		return answer(r, http.StatusOK, h, "[1]"), nil
	})})
	got, err := items(t, c.Pages(t.Context(), At(listed), nil, ""))
	require.NoError(t, err)
	require.Len(t, got, 3*maxTrail+1)

	var read trail
	for i := range 3 * maxTrail {
		read.add(Cursor(strconv.Itoa(i)))
		require.LessOrEqual(t, len(read.seen), maxTrail)
		require.True(t, read.has(Cursor(strconv.Itoa(i))))
	}
}

func TestPages_ErrorsEndTheList(t *testing.T) {
	t.Parallel()
	link := http.Header{"Link": {`<https://acme.okta.com/oauth2/v1/token?after=x>; rel="next"`}}
	for name, test := range map[string]struct {
		transport roundTripper
		want      string
		items     int
	}{
		"refused":    {transport: status(400, `{"errorCode":"E0000029"}`), want: "E0000029"},
		"not a list": {transport: status(200, `{"id":"x"}`), want: "not a list"},
		"text":       {transport: status(200, `"x"`), want: "not a list"},
		"HTML":       {transport: status(200, `<html>`), want: "not JSON"},
		"cut off":    {transport: status(200, `[{"id":1},{"id"`), want: "not JSON"},
		"two lists":  {transport: status(200, `[1] [2]`), want: "not JSON"},
		"a bad link": {
			transport: func(r *http.Request) (*http.Response, error) { return answer(r, 200, link, "[1]"), nil },
			want:      "the next link is not one of Okta's", items: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTestClient(t, Config{Transport: test.transport})
			failures, got := 0, 0
			for page, err := range c.Pages(t.Context(), At(listed), nil, "") {
				got += len(page.Items)
				if err != nil {
					require.ErrorContains(t, err, test.want)
					require.ErrorAs(t, err, new(*Error))
					require.Empty(t, page)
					failures++
				}
			}
			require.Equal(t, 1, failures)
			require.Equal(t, test.items, got, "what came before the bad link is not lost")
		})
	}
}

func TestPage_Empty(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", " \n", "[]", " [ ] "} {
		c := newTestClient(t, Config{Transport: status(200, body)})
		page, err := c.Page(t.Context(), At(listed), nil, "")
		require.NoError(t, err)
		require.Empty(t, page.Items)
		require.Empty(t, page.Next)
	}
}

func TestSplitList_AsEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`[]`, `[1]`, ` [ 1 , "a,]" , {"a":[1,2]} , null , [ [ ] ] ] `, `[1,]`, `[,1]`, `[1 2]`, `[1`, `]`, `[1]]`, `[1]x`, ``,
		`["\ud800"]`, "[\"\xff\"]", `[{"a":1,"a":2}]`, `[01]`, `[1e999]`, `[nul]`, "\ufeff[]",
		`["` + strings.Repeat("x", 5000) + `"]`,
		strings.Repeat("[", 200) + strings.Repeat("]", 200),
	} {
		var want []json.RawMessage
		wantErr := json.Unmarshal([]byte(body), &want)
		got, err := splitList([]byte(body))
		require.Equal(t, wantErr == nil, err == nil, "%.50q: %v / %v", body, wantErr, err)
		require.Equal(t, want, got, "%.50q", body)
	}
}

func TestSplitList_ItemsDoNotOverwriteEachOther(t *testing.T) {
	t.Parallel()
	items, err := splitList([]byte(`[1,2,3]`))
	require.NoError(t, err)
	_ = append(items[0], "xxxx"...)
	require.Equal(t, "2", string(items[1]))
}

// slowPages yields n pages, a second each, as long as ctx lives.
func slowPages(ctx context.Context, n int, fetched *int) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		for i := range n {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				yield(Page{}, ctx.Err())
				return
			}
			*fetched = i + 1
			if !yield(Page{Items: []json.RawMessage{json.RawMessage(strconv.Itoa(i))}}, nil) {
				return
			}
		}
	}
}

func TestPrefetch_OneAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fetched, read := 0, 0
		began := time.Now()
		for page, err := range Prefetch(slowPages(t.Context(), 10, &fetched), nil) {
			require.NoError(t, err)
			require.Equal(t, strconv.Itoa(read), string(page.Items[0]), "in order")
			read++
			pass(time.Second) // as slow as the org
			synctest.Wait()
			require.LessOrEqual(t, fetched, read+1, "never more than one ahead")
		}
		require.Equal(t, 10, read)
		require.Equal(t, 11*time.Second, time.Since(began), "20 s without")
	})
}

func TestPrefetch_StopsEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		fetched := 0
		began := time.Now()
		for _, err := range Prefetch(slowPages(ctx, 10, &fetched), cancel) {
			require.NoError(t, err)
			break
		}
		require.Equal(t, time.Second, time.Since(began), "the fetch under way is given up")
		require.ErrorIs(t, ctx.Err(), context.Canceled)

		for _, err := range Prefetch(slowPages(t.Context(), 10, &fetched), nil) {
			require.NoError(t, err)
			break
		}
		require.Equal(t, 2, fetched, "or waited for: no goroutine is left behind")
	})
}

func TestPrefetch_HandsOnErrorsAndPanics(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	var got error
	for _, err := range Prefetch(func(yield func(Page, error) bool) { yield(Page{}, boom) }, nil) {
		got = err
	}
	require.ErrorIs(t, got, boom)

	require.PanicsWithError(t, "boom", func() {
		for _, err := range Prefetch(func(func(Page, error) bool) { panic(boom) }, nil) {
			t.Errorf("yielded %v", err)
		}
	})
}
