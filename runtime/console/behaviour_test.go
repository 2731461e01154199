package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

func TestForm_ErrorsGetTheFocusAndNothingIsLost(t *testing.T) {
	t.Parallel()
	b := newSite(t, siteOptions{}).open()
	b.visit("/actions/createUser")
	b.fill("#in-login", "ada@example.com")
	b.fill("#in-firstName", "Ada")
	b.fill("#in-lastName", "Lovelace")
	b.fill("#in-password", "Typed-secret-1")
	b.fill("#in-profileExtraInputs", "{oops")
	b.until(`document.querySelector('#in-profileExtraInputs-field [role=status]').textContent.includes('Not JSON yet')`)
	b.click(`button.primary[value=run]`)
	b.until(`document.querySelector('.field.bad')`)
	require.Equal(t, "in-email", eval[string](b, `document.activeElement.id`), "the first error has the focus")
	require.Contains(t, b.text("#in-email-error"), "Is required")
	require.Contains(t, b.text("#in-profileExtraInputs-error"), "JSON")
	require.Equal(t, "ada@example.com", b.value("#in-login"))
	require.Equal(t, "Typed-secret-1", b.value("#in-password"))
	b.fill("#in-email", "ada@example.com")
	b.fill("#in-profileExtraInputs", `{"title":"Analyst"}`)
	b.click(`#in-profileExtraInputs-field .under button`)
	require.True(t, strings.HasPrefix(b.value("#in-profileExtraInputs"), "{\n  \"title\""), "it is put in order")
	b.click(`button.primary[value=run]`)
	b.until(`document.querySelector('#result [data-focus]')`)
	require.Contains(t, b.text("#result h2"), "Done", b.text("#result"))
}

func TestForm_ShowsAFieldWhenItApplies(t *testing.T) {
	t.Parallel()
	b := newSite(t, siteOptions{}).open()
	b.visit("/actions/createUser")
	shown := `!document.querySelector('#in-nextLogin-field').hidden`
	require.True(t, eval[bool](b, shown))
	b.click("#in-activate")
	b.until(`document.querySelector('#in-nextLogin-field').hidden`)
	b.click("#in-activate")
	b.until(shown)
}

func TestForm_EmptiesOnPurpose(t *testing.T) {
	t.Parallel()
	b := newSite(t, siteOptions{}).open()
	b.visit("/actions/updateGroup")
	ticked := `document.querySelector('#in-description-empty').checked`
	b.fill("#in-description", "typed")
	b.click("#in-description-empty")
	require.Empty(t, b.value("#in-description"), "the box takes away what was typed")
	require.True(t, eval[bool](b, ticked))
	b.fill("#in-description", "typed again")
	require.False(t, eval[bool](b, ticked), "and typing takes away the tick")
}

// TestForm_RunsAtTheFirstClick presses the button while the focus is in text that is no JSON: what is said about it must
// not move the button away.
func TestForm_RunsAtTheFirstClick(t *testing.T) {
	t.Parallel()
	b := newSite(t, siteOptions{}).open()
	b.look(390, 844, "light")
	b.visit("/actions/createUser")
	b.do(chromedp.Focus(chromedp.CSS("#in-profileExtraInputs")), chromedp.KeyEvent("{oops"))
	b.click(`button.primary[value=run]`)
	b.until(`document.querySelector('.field.bad')`)
}

func TestForm_SignedOutLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{keys: []string{"key"}})
	b := s.open()
	b.visit("/login?next=/actions/getUser")
	b.fill("#key", "key")
	b.click("button.primary")
	b.arrive("/actions/getUser")
	b.fill("#in-id", "me")
	eval[bool](b, `fetch('/logout', { method: 'POST' }).then(() => { window.out = true }), true`)
	b.until(`window.out`)
	b.click(`button.primary[value=run]`)
	b.until(`document.querySelector('.said a[href="/login"]')`)
	require.Equal(t, "me", b.value("#in-id"))
	require.Contains(t, b.text(".said"), "Nothing you typed is lost")
}

func TestForm_RowsAndLinesComeAndGo(t *testing.T) {
	t.Parallel()
	b := newSite(t, siteOptions{}).open()
	b.visit("/actions/createEventHook")
	rows := func(field string) int {
		return eval[int](b, `document.querySelectorAll('#in-`+field+`-field .row').length`)
	}
	b.click(`#in-eventHookUrlHeaders-field [data-add]`)
	require.Equal(t, 2, rows("eventHookUrlHeaders"))
	require.Equal(t, "Event Hook URL Headers: key 2", eval[string](b, `document.activeElement.getAttribute('aria-label')`))
	b.click(`#in-eventHookUrlHeaders-field .row:nth-of-type(2) button`)
	require.Equal(t, 1, rows("eventHookUrlHeaders"))

	b.fill(`#in-eventHookItems-field .row input`, "user.lifecycle.create")
	b.click(`#in-eventHookItems-field .list > button`)
	b.do(chromedp.KeyEvent("group.lifecycle.create"))
	require.Equal(t, "user.lifecycle.create\ngroup.lifecycle.create", b.value("#in-eventHookItems"))
	b.click(`#in-eventHookItems-field .row button`)
	require.Equal(t, "group.lifecycle.create", b.value("#in-eventHookItems"))
}

func TestPicker_SearchesPagesAndChoosesByKeyboard(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	b := s.open()
	b.visit("/actions/addUserToGroup")
	b.click("#in-userId")
	b.until(`document.querySelectorAll('#in-userId-field [role=option]').length > 1`)
	require.Equal(t, "true", eval[string](b, `document.querySelector('#in-userId').getAttribute('aria-expanded')`))
	before := eval[int](b, `document.querySelectorAll('#in-userId-field [role=option]').length`)
	b.click(`#in-userId-field [data-more]`)
	b.until(fmt.Sprintf(`document.querySelectorAll('#in-userId-field [role=option]').length > %d`, before))

	b.do(chromedp.KeyEvent("Elena"))
	b.until(`document.querySelectorAll('#in-userId-field [role=option]').length === 1`)
	b.do(chromedp.KeyEvent(kb.ArrowDown))
	require.True(t, eval[bool](b, `document.querySelector('#in-userId').hasAttribute('aria-activedescendant')`))
	// Not KeyEvent: it types the character too, which a browser does not after a key press that was handled.
	eval[bool](b, `document.activeElement.dispatchEvent(
		new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }))`)
	b.until(`document.querySelector('#in-userId').value.startsWith('00u')`)
	require.Contains(t, b.text("#in-userId-field .picked"), "Elena")
	require.Equal(t, "false", eval[string](b, `document.querySelector('#in-userId').getAttribute('aria-expanded')`))
}

func TestPicker_DependsOnAnotherField(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	p := &props{site: s}
	user := s.user()
	factor := p.factor(user)
	b := s.open()
	b.visit("/actions/unenrollUserFactor")
	b.click("#in-factorId")
	b.until(`document.querySelector('#in-factorId-field .choices li')`)
	require.Contains(t, b.text("#in-factorId-field .choices"), "User ID comes first")
	b.fill("#in-userId", user)
	b.do(chromedp.KeyEvent(kb.Escape))
	b.click("#in-factorId")
	b.until(`document.querySelector('#in-factorId-field [role=option]')`)
	b.click(`#in-factorId-field [role=option]`)
	require.Equal(t, factor, b.value("#in-factorId"))
}

func TestSandbox_EventsArriveLive(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	s.run()
	b := s.open()
	b.visit("/sandbox")
	b.click(`button[value=watch]`)
	b.until(`document.querySelector('#events')`)
	b.click(`button[value=create]`)
	b.until(`document.querySelector('#events').innerText.includes('com.okta.log.user.lifecycle.create')`)
	b.until(`document.querySelector('.event')`)
	b.click(`.event summary`)
	require.Contains(t, b.text(".event[open] pre"), `"specversion": "1.0"`)
}

func TestActions_FilterWhileTyping(t *testing.T) {
	t.Parallel()
	b := newSite(t, siteOptions{}).open()
	b.visit("/actions")
	b.fill("#q", "factor user")
	b.until(`[...document.querySelectorAll('[data-text]')].filter((tile) => tile.checkVisibility()).length === 2`)
	b.fill("#q", "xyzzy")
	b.until(`!document.querySelector('#nothing').hidden`)
}

func TestKeyboard_RunsAnActionAlone(t *testing.T) {
	t.Parallel()
	b := newSite(t, siteOptions{}).open()
	b.visit("/actions/getUser")
	b.do(chromedp.Focus(chromedp.CSS("#in-expand")))
	b.do(chromedp.Focus(chromedp.CSS("#in-id")), chromedp.KeyEvent("me"), chromedp.KeyEvent(kb.Enter))
	b.until(`document.querySelector('#result [data-focus]')`)
	require.Contains(t, b.text("#result"), "Done")
	focused := eval[string](b, `document.activeElement.getAttribute('aria-labelledby')`)
	require.Equal(t, "result-title", focused, "the answer has the focus")
}

// TestEmbedding opens the example page of the documentation as an engine would serve it.
func TestEmbedding(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../docs/examples/embedding.html")
	require.NoError(t, err)
	var formURL string
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(strings.ReplaceAll(string(example), "FORM_URL", formURL)))
	}))
	t.Cleanup(engine.Close)
	s := newSite(t, siteOptions{keys: []string{"key"}, embedOrigin: engine.URL})
	_, _, formURL = s.visitor().issue("actions/getUser", "sandbox")
	b := s.open()
	b.do(chromedp.Navigate(engine.URL))
	b.until(`document.querySelector('#log').textContent.includes('ready')`)
	b.until(`parseInt(document.querySelector('iframe').style.height) > 100`)
	b.click("#save")
	b.until(`document.querySelector('#log').textContent.includes('invalid')`)
	b.click("#prefill")
	b.until(`document.querySelector('#log').textContent.includes('filled')`)
	b.click("#save")
	b.until(`document.querySelector('#values').textContent.includes('"id": "ada@example.com"')`)
}
