package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// keptRuns is how many runs of a subscription are kept.
const keptRuns = 200

// Results of a [Run].
const (
	RunCompleted = "completed"         // it brought events
	RunNoChanges = "polled_no_changes" // there was nothing new
	RunError     = "error"
)

// A Run is one poll that ended.
type Run struct {
	Number             int64 // counts a subscription's runs from 1; FinishPoll gives it
	StartedAt, EndedAt time.Time
	Result             string
	Pages, Events      int
	Error              string // empty unless Result is RunError
}

const runColumns = `run, started_at, ended_at, result, pages, events, error`

// Runs lists at most limit of the last 200 runs of a subscription, newest first, from before the given number; 0 means
// from the newest. An unknown subscription has none.
func (s *Store) Runs(ctx context.Context, subscription string, before int64, limit int) ([]Run, error) {
	list, err := rows(ctx, s.read(), scanRun, `SELECT `+runColumns+` FROM runs
		WHERE stream = (SELECT stream FROM subscriptions WHERE id = ?1) AND (?2 = 0 OR run < ?2)
		ORDER BY run DESC LIMIT ?3`, subscription, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list runs of %q: %w", subscription, err)
	}
	return list, nil
}

// recordRun stores a run under its number and forgets the one that is now too old.
func recordRun(ctx context.Context, tx queryer, stream int64, run Run) error {
	_, err := tx.exec(ctx, `INSERT INTO runs (stream, `+runColumns+`) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`,
		stream, run.Number, micros(run.StartedAt), micros(run.EndedAt), run.Result, run.Pages, run.Events, clean(run.Error))
	if err != nil {
		return fmt.Errorf("record run: %w", err)
	}
	_, err = tx.exec(ctx, `DELETE FROM runs WHERE stream = ?1 AND run <= ?2`, stream, run.Number-keptRuns)
	if err != nil {
		return fmt.Errorf("forget old runs: %w", err)
	}
	return nil
}

func scanRun(row scanner) (Run, error) {
	var run Run
	var started, ended sql.NullInt64
	err := row.Scan(&run.Number, &started, &ended, &run.Result, &run.Pages, &run.Events, &run.Error)
	run.StartedAt, run.EndedAt = instant(started), instant(ended)
	return run, err
}

// nullableRun scans runColumns of a left join.
type nullableRun struct {
	number, started, ended, pages, events sql.NullInt64
	result, err                           sql.NullString
}

func (n *nullableRun) columns() []any {
	return []any{&n.number, &n.started, &n.ended, &n.result, &n.pages, &n.events, &n.err}
}

func (n *nullableRun) run() *Run {
	if !n.number.Valid {
		return nil
	}
	return &Run{
		Number: n.number.Int64, StartedAt: instant(n.started), EndedAt: instant(n.ended), Result: n.result.String,
		Pages: int(n.pages.Int64), Events: int(n.events.Int64), Error: n.err.String,
	}
}
