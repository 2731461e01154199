package main_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

var updateScenarios = flag.Bool("update", false, "write what the scenarios of testdata/ compare with anew")

// TestScenarios runs the stories of testdata/: each tells in its first lines what it is about, and then does it with
// the real program. Besides the commands of testscript (exec, cmp, stdout, env, ...) a scenario has these:
//
//	org [FLAGS]             start an org of its own: sets $ORG, $TOKEN and $FAULTS
//	serve [FLAGS]           start a server on the scenario's database: sets $URL
//	crash                   end the server as a power cut does
//	call METHOD PATH [FILE | JSON] ['Header: value' ...]
//	                        send a request to the server, or to any http:// address; stdout is the status and the body
//	invoke ACTION INPUTS [FLAGS]
//	                        connector invoke, with the org's address and token
//	show MEMBER ...         print members of the last answer, such as data.profile.login or items.0.id
//	keep NAME MEMBER        put a member of the last answer into a variable, whose name is printed in its place from now on
//	until MEMBER VALUE METHOD PATH
//	                        send a request until a member of the answer has a value
//	receiver [up | down]    start a receiver of deliveries ($RECEIVER, $SECRET), or have it fail for a while
//	received N              wait for N events and print their types, in the order in which they came
//
// What differs from run to run is printed as a word: TIME, REQUEST, MS, URL.
func TestScenarios(t *testing.T) {
	t.Parallel()
	path, err := program()
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata",
		UpdateScripts:       *updateScenarios,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			s := &scenario{t: env.T().(testing.TB)}
			env.Values[scenarioKey{}] = s
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+os.Getenv("PATH"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"org":      in((*scenario).startOrg),
			"serve":    in((*scenario).serve),
			"crash":    in((*scenario).crash),
			"call":     in((*scenario).call),
			"invoke":   invoke,
			"show":     in((*scenario).show),
			"keep":     in((*scenario).keep),
			"until":    in((*scenario).until),
			"receiver": in((*scenario).receive),
			"received": in((*scenario).received),
		},
	})
}

// A scenario is what one story has at hand.
type scenario struct {
	t        testing.TB
	server   *process
	receiver *receiver
	answer   any      // of the last call
	kept     []string // the variables that stand for what differs from run to run
}

type scenarioKey struct{}

// in makes a command of the script of a method.
func in(do func(*scenario, *testscript.TestScript, []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, not bool, args []string) {
		if not {
			ts.Fatalf("this command cannot be negated")
		}
		ts.Check(do(ts.Value(scenarioKey{}).(*scenario), ts, args))
	}
}

func (s *scenario) startOrg(ts *testscript.TestScript, args []string) error {
	p := start(s.t, nil, append([]string{"sandbox", "--addr", "127.0.0.1:0"}, args...)...)
	var first struct{ URL, APIToken, FaultURL string }
	if err := json.Unmarshal([]byte(p.read(`{.*}`)), &first); err != nil {
		return err
	}
	ts.Setenv("ORG", first.URL)
	ts.Setenv("TOKEN", first.APIToken)
	ts.Setenv("FAULTS", first.FaultURL)
	return nil
}

func (s *scenario) serve(ts *testscript.TestScript, args []string) error {
	var env []string
	for _, name := range []string{"ORG", "TOKEN", "CONNECTOR_API_KEYS", "ENGINE_KEY"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	database := "sqlite:" + ts.MkAbs("connector.db")
	s.server = serve(s.t, env, append([]string{"--dev", "--database", database}, args...)...)
	ts.Setenv("URL", s.server.url)
	return nil
}

func (s *scenario) crash(*testscript.TestScript, []string) error { s.server.kill(); return nil }

func (s *scenario) call(ts *testscript.TestScript, args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("usage: call METHOD PATH [FILE | JSON] ['Header: value' ...]")
	}
	var body string
	header := http.Header{}
	for _, arg := range args[2:] {
		if name, value, ok := strings.Cut(arg, ": "); ok && !strings.HasPrefix(arg, "{") && !strings.HasPrefix(arg, "[") {
			header.Set(name, value)
		} else if body = arg; !strings.HasPrefix(arg, "{") && !strings.HasPrefix(arg, "[") {
			body = os.Expand(ts.ReadFile(arg), ts.Getenv)
		}
	}
	status, raw, err := s.send(ts, args[0], args[1], body, header)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(ts.Stdout(), "%d %s\n%s", status, http.StatusText(status), s.plain(ts, raw))
	return err
}

// send makes a request and remembers its answer.
func (s *scenario) send(
	ts *testscript.TestScript, method, path, body string, header http.Header,
) (status int, raw []byte, err error) {
	url := path
	if strings.HasPrefix(path, "/") {
		url = ts.Getenv("URL") + path
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header = header
	if header.Get("Content-Type") == "" && body != "" {
		header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	raw, err = io.ReadAll(res.Body)
	s.answer = nil
	_ = json.Unmarshal(raw, &s.answer) // an empty body, or lines, have no members
	return res.StatusCode, raw, err
}

// invoke runs the command of this name. Its answer is remembered as one of a call.
func invoke(ts *testscript.TestScript, not bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: invoke ACTION INPUTS [FLAGS]")
	}
	s := ts.Value(scenarioKey{}).(*scenario)
	command := []string{"invoke", args[0], "--org", ts.Getenv("ORG"), "--token", ts.Getenv("TOKEN"), "--input", args[1]}
	err := ts.Exec("connector", append(command, args[2:]...)...)
	if (err != nil) != not {
		ts.Fatalf("invoke %s: %v", args[0], err)
	}
	s.answer = nil
	_ = json.Unmarshal([]byte(ts.ReadFile("stdout")), &s.answer) // lines have no members
}

// What differs from run to run.
var (
	requestIDs = regexp.MustCompile(`"(requestId|errorId)": "[^"]*"`)
	requests   = regexp.MustCompile(`"oktaRequestIds": \[[^\]]*\]`)
	millis     = regexp.MustCompile(`"(waitedMs|latencyMs|tookMs)": \d+`)
	times      = regexp.MustCompile(`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
)

// plain is a body as people read it, without what differs from run to run.
func (s *scenario) plain(ts *testscript.TestScript, raw []byte) string {
	var text bytes.Buffer
	if json.Indent(&text, raw, "", "  ") != nil {
		text.Reset()
		text.Write(raw) // lines of JSON, or nothing
	}
	plain := requestIDs.ReplaceAllString(text.String(), `"$1": "REQUEST"`)
	plain = requests.ReplaceAllString(plain, `"oktaRequestIds": REQUESTS`)
	plain = millis.ReplaceAllString(plain, `"$1": MS`)
	plain = times.ReplaceAllString(plain, "TIME")
	for _, name := range append([]string{"URL", "ORG", "RECEIVER"}, s.kept...) {
		if value := ts.Getenv(name); value != "" {
			plain = strings.ReplaceAll(plain, value, name)
			plain = strings.ReplaceAll(plain, strings.TrimPrefix(value, "http://"), name)
		}
	}
	if plain != "" && !strings.HasSuffix(plain, "\n") {
		plain += "\n"
	}
	return plain
}

// member finds data.profile.login, or items.0.id, in the last answer.
func (s *scenario) member(path string) (any, bool) {
	value := s.answer
	for _, name := range strings.Split(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			found, ok := v[name]
			if !ok {
				return nil, false
			}
			value = found
		case []any:
			i, err := strconv.Atoi(name)
			if name == "length" {
				value = float64(len(v))
				continue
			}
			if err != nil || i >= len(v) {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}

func (s *scenario) show(ts *testscript.TestScript, args []string) error {
	for _, path := range args {
		value, ok := s.member(path)
		if !ok {
			fmt.Fprintf(ts.Stdout(), "%s is absent\n", path)
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return err
		}
		fmt.Fprintf(ts.Stdout(), "%s: %s", path, s.plain(ts, raw))
	}
	return nil
}

func (s *scenario) keep(ts *testscript.TestScript, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: keep NAME MEMBER")
	}
	value, ok := s.member(args[1])
	if !ok {
		return fmt.Errorf("the answer has no %s", args[1])
	}
	ts.Setenv(args[0], fmt.Sprint(value))
	s.kept = append(s.kept, args[0])
	return nil
}

func (s *scenario) until(ts *testscript.TestScript, args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("usage: until MEMBER VALUE METHOD PATH")
	}
	var err error
	eventually(s.t, func() bool {
		if _, _, err = s.send(ts, args[2], args[3], "", http.Header{}); err != nil {
			return true
		}
		value, _ := s.member(args[0])
		return fmt.Sprint(value) == args[1]
	})
	return err
}

func (s *scenario) receive(ts *testscript.TestScript, args []string) error {
	switch strings.Join(args, " ") {
	case "":
		s.receiver = newReceiver(s.t)
		ts.Setenv("RECEIVER", s.receiver.server.URL)
		ts.Setenv("SECRET", s.receiver.secret)
	case "up":
		s.receiver.setDown(false)
	case "down":
		s.receiver.setDown(true)
	default:
		return fmt.Errorf("usage: receiver [up | down]")
	}
	return nil
}

func (s *scenario) received(ts *testscript.TestScript, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: received N")
	}
	want, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	var types []string
	eventually(s.t, func() bool { types = s.receiver.arrived(); return len(types) >= want })
	_, err = fmt.Fprintln(ts.Stdout(), strings.Join(types, "\n"))
	return err
}
