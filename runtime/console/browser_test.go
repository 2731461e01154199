package console_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// browser is one Chromium for all tests of the package; each test gets tabs of its own.
var browser = sync.OnceValues(startBrowser)

var errNoBrowser = errors.New("no chromium on this machine")

// stopBrowser ends the browser once all tests have.
var stopBrowser = func() {}

func startBrowser() (context.Context, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, errNoBrowser
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), append(
		chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("hide-scrollbars", true),
	)...)
	ctx, cancelBrowser := chromedp.NewContext(allocator)
	stopBrowser = func() {
		cancelBrowser()
		cancel()
	}
	if err := chromedp.Do(ctx); err != nil {
		stopBrowser()
		return nil, err
	}
	return ctx, nil
}

func TestMain(m *testing.M) {
	defer func() { stopBrowser() }()
	m.Run()
}

// A tab is a page in the browser that remembers everything the browser complained about.
type tab struct {
	t    testing.TB
	ctx  context.Context
	site *site

	mu         sync.Mutex
	complaints []string
}

const patience = 15 * time.Second

// open opens a tab, or skips the test where there is no browser.
func (s *site) open() *tab {
	s.t.Helper()
	parent, err := browser()
	if errors.Is(err, errNoBrowser) {
		s.t.Skip("skipped: " + err.Error() + "; apt-get install chromium")
	}
	require.NoError(s.t, err)
	ctx, cancel := chromedp.NewContext(parent)
	s.t.Cleanup(cancel)
	b := &tab{t: s.t, ctx: ctx, site: s}
	require.NoError(s.t, chromedp.Do(ctx))
	require.NoError(s.t, chromedp.Listen(ctx, b.listen))
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(s.t, err)
	s.t.Cleanup(b.quiet)
	return b
}

// listen collects errors of scripts, and what the console and the policy complain about.
func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, toText(e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError ||
			e.Type == runtime.ConsoleAPICalledTypeWarning {
			b.complaints = append(b.complaints, fmt.Sprintf("console: %s", toJSON(e.Args)))
		}
	case *log.EventEntryAdded:
		// Chromium reports each answer of 4xx: a form that is refused is one.
		if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "status of 4") {
			b.complaints = append(b.complaints, e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

// quiet fails the test when the browser complained.
func (b *tab) quiet() {
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(b.t, b.complaints, "the browser complains")
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, actions...))
}

// visit goes to a path of the site and waits until its scripts have run.
func (b *tab) visit(path string) {
	b.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = b.site.URL + path
	}
	b.do(chromedp.Navigate(path))
	b.until(`document.documentElement.classList.contains('js')`)
}

// until waits until a script's expression is true, also across pages.
func (b *tab) until(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	again := time.NewTicker(15 * time.Millisecond)
	defer again.Stop()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`Boolean(`+expression+`)`)) // fails while a page is left
		if err == nil && ok {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			require.FailNow(b.t, "waited in vain", "for %s on a page that says:\n%s", expression, b.text("body"))
		}
	}
}

// arrive waits until the browser is on another page of the site, and its scripts have run.
func (b *tab) arrive(path string) {
	b.t.Helper()
	b.until(`location.pathname === ` + quote(path) + ` && document.documentElement.classList.contains('js')`)
}

// eval runs an expression and reads its value.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	require.NoError(b.t, err)
	return value
}

// text is what a person reads in an element.
func (b *tab) text(selector string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`document.querySelector(%s)?.innerText ?? ''`, quote(selector)))
}

// value is what a control holds.
func (b *tab) value(selector string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`document.querySelector(%s).value`, quote(selector)))
}

// fill puts a value into a control as typing does.
func (b *tab) fill(selector, value string) {
	b.t.Helper()
	found := eval[bool](b, fmt.Sprintf(`(() => {
		const control = document.querySelector(%s)
		if (!control) return false
		control.value = %s
		control.dispatchEvent(new Event('input', { bubbles: true }))
		control.dispatchEvent(new Event('change', { bubbles: true }))
		return true
	})()`, quote(selector), quote(value)))
	require.True(b.t, found, "there is no %s", selector)
}

// click clicks what a selector finds, as a person would.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

func quote(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func toText(v any) string { return string(toJSON(v)) }
