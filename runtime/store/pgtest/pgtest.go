//go:build unix

// Package pgtest gives tests PostgreSQL databases on a throw-away server, one for each test binary. Where the server's
// programs are not installed its tests are skipped; installing them is left to the machine.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// startTimeout bounds how long the server may take to accept connections.
const startTimeout = time.Minute

// URL makes a database that lives as long as the test and returns where it is, as a postgres:// URL on a Unix socket
// that every user may connect to. The first call of a process starts the server. It skips the test, saying so, when
// PostgreSQL is not installed, and fails it when PostgreSQL does not start.
func URL(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if errors.Is(err, errNotInstalled) {
		t.Skip("skipped: PostgreSQL's initdb and postgres are neither on the PATH nor in /usr/lib/postgresql")
	}
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprint("test_", s.databases.Add(1))
	if err := s.execute(context.Background(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.execute(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return s.url(name)
}

var errNotInstalled = errors.New("PostgreSQL is not installed")

// shared starts the server of this process once.
var shared = sync.OnceValues(start)

type server struct {
	dir       string
	lifeline  io.Closer // the server ends when this is closed, as it is by the end of the process, whatever ends it
	databases atomic.Int64
}

// script waits for the end of its input, which is a pipe that only the test process holds, and then cleans up.
const script = `
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=300 \
	-c fsync=off -c full_page_writes=off -c synchronous_commit=off >"$2/log" 2>&1 &
cat >/dev/null
kill -QUIT $!
wait $!
cd / && rm -rf "$2"
`

func start() (*server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("/tmp", "pgtest-") // not TMPDIR: a socket's path has at most 107 bytes
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	attributes, err := unprivileged(dir)
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	ctx := context.Background()                                      // the server outlives the test that starts it
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), //nolint:gosec // found by programs
		"-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, attributes
	if output, err := initdb.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("pgtest: initdb: %w\n%s", err, output), os.RemoveAll(dir))
	}
	keeper := exec.CommandContext(ctx, "sh", "-c", script, "pgtest", bin, dir) //nolint:gosec // found by programs
	keeper.Dir, keeper.SysProcAttr = dir, attributes
	lifeline, err := keeper.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	if err := keeper.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("pgtest: %w", err), os.RemoveAll(dir))
	}
	s := &server{dir: dir, lifeline: lifeline}
	if err := s.await(ctx); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		lifeline.Close()
		return nil, fmt.Errorf("pgtest: server does not answer: %w\n%s", err, log)
	}
	return s, nil
}

// programs finds the folder of the server's programs, the newest version first.
func programs() (string, error) {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well formed
	slices.SortFunc(folders, func(a, b string) int { return version(b) - version(a) })
	if initdb, err := exec.LookPath("initdb"); err == nil {
		folders = slices.Insert(folders, 0, filepath.Dir(initdb))
	}
	for _, folder := range folders {
		_, postgresErr := os.Stat(filepath.Join(folder, "postgres"))
		_, initdbErr := os.Stat(filepath.Join(folder, "initdb"))
		if postgresErr == nil && initdbErr == nil {
			return folder, nil
		}
	}
	return "", errNotInstalled
}

// version is the number in /usr/lib/postgresql/NN/bin; 0 for anything else.
func version(folder string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return n
}

// unprivileged is how to start a program in a process group of its own, so that an interrupt from the terminal leaves
// it to clean up, and, since PostgreSQL refuses to run as root, as another user, who is given the folder.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return attributes, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, fmt.Errorf("no user to run the server as: %w", err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	err = errors.Join(
		os.Chown(dir, int(uid), int(gid)),
		os.Chmod(dir, 0o711), //nolint:gosec // others pass through it to the socket
	)
	return attributes, err
}

// await waits until the server accepts a connection.
func (s *server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		err := s.execute(ctx, "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-retry.C:
		}
	}
}

func (s *server) execute(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return fmt.Errorf("pgtest: connect: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("pgtest: %s: %w", statement, err)
	}
	return nil
}

func (s *server) url(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User("postgres"), Path: "/" + database,
		RawQuery: url.Values{"host": {s.dir}}.Encode(),
	}
	return u.String()
}
