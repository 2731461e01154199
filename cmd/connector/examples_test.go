package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/okta-connector/okta-connector/runtime"
)

const examples = "../../docs/examples/"

// freeAddress is where a program that takes an address can listen.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// Each example is a receiver: it takes what runtime.Sign signed and refuses what was changed on the way.
func TestExamples_Verify(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"Go":         {"go", "run", examples + "verify/verify.go"},
		"JavaScript": {"node", examples + "verify/verify.mjs"},
		"Python":     {"python3", examples + "verify/verify.py"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(args[0]); err != nil {
				t.Skipf("skipped: %s is not installed", args[0])
			}
			secret, address := runtime.NewWebhookSecret(), freeAddress(t)
			says := startExample(t, append(args, address), "WEBHOOK_SECRET="+secret)
			const signed = `[{"id":"00u1:created","type":"com.okta.user.created","subject":"00u1"}]`
			post := func(secret, body string, age time.Duration) int {
				at := time.Now().Add(-age)
				signature, err := runtime.Sign(secret, "dlv_1", at, []byte(signed))
				require.NoError(t, err)
				return send(t, "http://"+address+"/hook", body, map[string]string{
					"webhook-id": "dlv_1", "webhook-timestamp": strconv.FormatInt(at.Unix(), 10), "webhook-signature": signature,
				})
			}
			require.Equal(t, http.StatusOK, post(secret, signed, 0))
			line, err := says.ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "00u1:created com.okta.user.created 00u1\n", line)
			require.Equal(t, http.StatusUnauthorized, post(secret, strings.Replace(signed, "00u1", "00u2", 1), 0), "changed")
			require.Equal(t, http.StatusUnauthorized, post(runtime.NewWebhookSecret(), signed, 0), "signed by another")
			require.Equal(t, http.StatusUnauthorized, post(secret, signed, time.Hour), "replayed")
			require.Equal(t, http.StatusUnauthorized, send(t, "http://"+address+"/hook", signed, nil), "not signed")
		})
	}
}

// startExample starts a program that ends with the test, with all that it starts.
func startExample(t *testing.T, args []string, env string) *bufio.Reader {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), env)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // go run has a child
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Wait() }) // killed: the test's context has ended by then
	return bufio.NewReader(stdout)
}

// send posts a body once somebody listens.
func send(t *testing.T, url, body string, header map[string]string) (status int) {
	t.Helper()
	require.Eventually(t, func() bool {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/cloudevents-batch+json")
		for name, value := range header {
			req.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		status = res.StatusCode
		return res.Body.Close() == nil
	}, time.Minute, 50*time.Millisecond)
	return status
}

func TestExamples_DeploymentsAreYAML(t *testing.T) {
	t.Parallel()
	for file, kinds := range map[string][]string{
		"compose.yaml":    {"<nil>"},
		"kubernetes.yaml": {"Secret", "ConfigMap", "Deployment", "Service"},
	} {
		dec := yaml.NewDecoder(bytes.NewReader(readExample(t, file)))
		for _, kind := range kinds {
			var document map[string]any
			require.NoError(t, dec.Decode(&document), file)
			require.Equal(t, kind, fmt.Sprint(document["kind"]), file)
		}
	}
}

// What the deployments set are settings that there are.
func TestExamples_DeploymentsSetWhatThereIs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(t, err)
	for _, file := range []string{examples + "compose.yaml", examples + "kubernetes.yaml", "../../Dockerfile"} {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		for word := range strings.FieldsFuncSeq(string(raw), func(r rune) bool {
			return r != '_' && (r < 'A' || r > 'Z')
		}) {
			if strings.HasPrefix(word, "CONNECTOR_") {
				require.Contains(t, string(page), "`"+word+"`", file)
			}
		}
	}
}

// The flow and the workflow call an action that there is, with inputs that are good.
func TestExamples_FlowsCallWhatThereIs(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, "--sandbox")
	for file, body := range map[string]*regexp.Regexp{
		"node-red-flow.json": regexp.MustCompile(`"v": "(\{.*?inputs.*?)", "vt": "json"`),
		"n8n-workflow.json":  regexp.MustCompile(`"jsonBody": "=(\{.*\})"`),
	} {
		raw := readExample(t, file)
		require.True(t, json.Valid(raw), file)
		path := regexp.MustCompile(`http://127.0.0.1:8080(/v1/actions/\w+/invoke)`).FindSubmatch(raw)
		require.NotNil(t, path, file)
		found := body.FindSubmatch(raw)
		require.NotNil(t, found, file)
		sent, err := strconv.Unquote(`"` + string(found[1]) + `"`)
		require.NoError(t, err)
		status, answer := p.call(http.MethodPost, string(path[1]), json.RawMessage(sent))
		require.Equal(t, http.StatusOK, status, "%s: %v", file, answer)
	}
}

// The code inside the flow and the workflow verifies as the engine would have it do: each harness gives it what its
// engine gives.
func TestExamples_FlowsVerify(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("skipped: node is not installed")
	}
	for file, harness := range map[string]string{
		"node-red-flow.json": `
			const { func } = flow.find((node) => node.type === "function");
			const run = new Function("msg", "env", "crypto", func);
			const [taken] = run({ req: { headers }, payload: Buffer.from(body) }, { get: () => secret }, require("crypto"));
			console.log(taken ? taken.payload[0].id : "refused");`,
		"n8n-workflow.json": `
			const { jsCode } = flow.nodes.find((node) => node.type.endsWith(".code")).parameters;
			const AsyncFunction = (async () => {}).constructor;
			const run = new AsyncFunction("$input", "$env", "require", jsCode);
			const helpers = { getBinaryDataBuffer: async () => Buffer.from(body) };
			run.call({ helpers }, { first: () => ({ json: { headers } }) }, { WEBHOOK_SECRET: secret }, require)
				.then((items) => console.log(items[0].json.id), () => console.log("refused"));`,
	} {
		code := `const flow = ` + string(readExample(t, file)) + `, [headers, body, secret] = JSON.parse(process.argv[1]);` + harness
		verify := func(secret, body string) string {
			at := time.Now()
			signature, err := runtime.Sign(webhookSecret, "dlv_1", at, []byte(`[{"id":"00u1"}]`))
			require.NoError(t, err)
			arg, err := json.Marshal([]any{map[string]string{
				"webhook-id": "dlv_1", "webhook-timestamp": strconv.FormatInt(at.Unix(), 10), "webhook-signature": signature,
			}, body, secret})
			require.NoError(t, err)
			out, err := exec.CommandContext(t.Context(), "node", "-e", code, string(arg)).CombinedOutput()
			require.NoError(t, err, "%s: %s", file, out)
			return strings.TrimSpace(string(out))
		}
		require.Equal(t, "00u1", verify(webhookSecret, `[{"id":"00u1"}]`), file)
		require.Equal(t, "refused", verify(webhookSecret, `[{"id":"00u2"}]`), file)
		require.Equal(t, "refused", verify(runtime.NewWebhookSecret(), `[{"id":"00u1"}]`), file)
	}
}

func readExample(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(examples + file)
	require.NoError(t, err)
	return raw
}
