package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// An AuditEntry says who changed what in Okta, and how it ended. It holds no secrets and no inputs.
type AuditEntry struct {
	Seq        int64     // the store gives it; grows with time, with gaps
	At         time.Time // the store gives it
	Who        string
	Action     string
	Connection string
	Object     string
	Outcome    string
	RequestID  string // Okta's
}

// AppendAudit adds an entry.
func (s *Store) AppendAudit(ctx context.Context, e AuditEntry) error {
	_, err := s.write().exec(ctx, `INSERT INTO audit (at, who, action, connection, object, outcome, request_id)
		VALUES (now_us(), ?1, ?2, ?3, ?4, ?5, ?6)`,
		clean(e.Who), clean(e.Action), clean(e.Connection), clean(e.Object), clean(e.Outcome), clean(e.RequestID))
	if err != nil {
		return fmt.Errorf("append audit entry: %w", err)
	}
	return nil
}

// Audit lists at most limit entries, newest first, from before the given Seq; 0 means from the newest.
func (s *Store) Audit(ctx context.Context, before int64, limit int) ([]AuditEntry, error) {
	list, err := rows(ctx, s.read(), scanAudit, `SELECT seq, at, who, action, connection, object, outcome, request_id
		FROM audit WHERE ?1 = 0 OR seq < ?1 ORDER BY seq DESC LIMIT ?2`, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list audit entries: %w", err)
	}
	return list, nil
}

func scanAudit(row scanner) (AuditEntry, error) {
	var e AuditEntry
	var at sql.NullInt64
	err := row.Scan(&e.Seq, &at, &e.Who, &e.Action, &e.Connection, &e.Object, &e.Outcome, &e.RequestID)
	e.At = instant(at)
	return e, err
}
