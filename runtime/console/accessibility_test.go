package console_test

import (
	"os"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// TestAccessibility looks at every page, in both sets of colours and on a phone: names, labels, references, headings,
// contrast (WCAG 2.2, AA), and that nothing is wider than the screen.
func TestAccessibility(t *testing.T) {
	t.Parallel()
	check, err := os.ReadFile("testdata/accessibility.js")
	require.NoError(t, err)
	s := newSite(t, siteOptions{})
	s.populate()
	for _, looks := range []struct {
		name, scheme  string
		width, height int64
	}{{"wide and light", "light", 1280, 800}, {"phone and dark", "dark", 320, 740}} {
		t.Run(looks.name, func(t *testing.T) {
			t.Parallel()
			at := *s
			at.t = t
			b := at.open()
			b.look(looks.width, looks.height, looks.scheme)
			for _, v := range views() {
				b.visit(v.path)
				if v.do != nil {
					v.do(b)
				}
				require.Empty(t, eval[[]string](b, string(check)), v.name)
			}
		})
	}
}

// look makes a tab as wide as a device, in the colours that its owner prefers.
func (b *tab) look(width, height int64, scheme string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		},
	})
	require.NoError(b.t, err)
}

// TestKeyboard_ReachesEverythingAndShowsWhere walks through a page with the tab key.
func TestKeyboard_ReachesEverythingAndShowsWhere(t *testing.T) {
	t.Parallel()
	b := newSite(t, siteOptions{}).open()
	b.visit("/actions/addUserToGroup")
	reached := map[string]bool{}
	for range 24 {
		b.do(chromedp.KeyEvent(kb.Tab))
		at := eval[struct {
			Name    string
			Visible bool
		}](b, `(() => {
			const el = document.activeElement
			const style = getComputedStyle(el)
			return {
				Name: el === document.body ? '' : el.id || el.textContent.trim(),
				Visible: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
			}
		})()`)
		reached[at.Name] = true
		require.True(t, at.Visible || at.Name == "", "no ring around %q", at.Name)
	}
	for _, name := range []string{"Skip to content", "Overview", "connection", "in-groupId", "in-userId", "Run"} {
		require.True(t, reached[name], "%q is not reached; reached %v", name, reached)
	}
}
