package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// rotateBatch is how many values are read at a time.
const rotateBatch = 200

// sealedColumn is a column of sealed values, found by the primary key of its table.
type sealedColumn struct {
	table, column string
	key           []string
	start         []any // sorts before every key
}

// sealedColumns are all there are; a test compares them with the schema.
func sealedColumns() []sealedColumn {
	byText := []any{""}
	return []sealedColumn{
		{"secrets", "data", []string{"name"}, byText},
		{"connections", "inputs", []string{"name"}, byText},
		{"connections", "state", []string{"name"}, byText},
		{"subscriptions", "inputs", []string{"id"}, byText},
		{"subscriptions", "deliver", []string{"id"}, byText},
		{"subscriptions", "state", []string{"id"}, byText},
		{"flows", "data", []string{"id"}, byText},
		{"invocations", "answer", []string{"id"}, byText},
		{"idempotent_calls", "answer", []string{"scope", "key"}, []any{"", ""}},
		{"events", "data", []string{"stream", "seq"}, []any{int64(0), int64(0)}},
	}
}

// Rotate seals again, with the first key, all that another key sealed, while work goes on, and returns how many values
// that were. Every process must have the new key, if not yet as its first, before; the old key may go once Rotate
// returned nil and every process seals with the new one.
func (s *Store) Rotate(ctx context.Context) (int64, error) {
	var resealed int64
	for _, c := range sealedColumns() {
		n, err := s.rotateColumn(ctx, c)
		resealed += n
		if err != nil {
			return resealed, fmt.Errorf("rotate %s.%s: %w", c.table, c.column, err)
		}
	}
	return resealed, nil
}

// sealedValue is one value and where it stands.
type sealedValue struct {
	key  []any
	data []byte
}

func (s *Store) rotateColumn(ctx context.Context, c sealedColumn) (resealed int64, err error) {
	for after := c.start; ; {
		batch, err := s.sealedByOthers(ctx, c, after)
		if err != nil || len(batch) == 0 {
			return resealed, err
		}
		for _, value := range batch {
			n, err := s.reseal(ctx, c, value)
			if err != nil {
				return resealed, err
			}
			resealed += n
		}
		after = batch[len(batch)-1].key
	}
}

// sealedByOthers reads the next values that the first key did not seal, by key.
func (s *Store) sealedByOthers(ctx context.Context, c sealedColumn, after []any) ([]sealedValue, error) {
	key := strings.Join(c.key, ", ")
	scan := func(row scanner) (sealedValue, error) {
		value := sealedValue{key: make([]any, len(c.key))}
		dest := make([]any, 1+len(c.key))
		dest[0] = &value.data
		for i := range value.key {
			dest[1+i] = &value.key[i]
		}
		return value, row.Scan(dest...)
	}
	query := fmt.Sprintf(`SELECT %[1]s, %[2]s FROM %[3]s
		WHERE (%[2]s) > (%[4]s) AND substr(%[1]s, 1, %[5]d) <> ?1 ORDER BY %[2]s LIMIT %[6]d`,
		c.column, key, c.table, placeholders(2, len(c.key)), sealHeader, rotateBatch)
	return rows(ctx, s.read(), scan, query, append([]any{s.sealer.header()}, after...)...)
}

// reseal replaces a value unless somebody else did since it was read.
func (s *Store) reseal(ctx context.Context, c sealedColumn, value sealedValue) (int64, error) {
	at := place(c.table+"."+c.column, value.key...)
	plain, err := s.sealer.Open(at, value.data)
	if err != nil {
		return 0, err
	}
	query := fmt.Sprintf(`UPDATE %[1]s SET %[2]s = ?1 WHERE %[2]s = ?2 AND (%[3]s) = (%[4]s)`,
		c.table, c.column, strings.Join(c.key, ", "), placeholders(3, len(c.key)))
	return s.write().exec(ctx, query, append([]any{s.sealer.Seal(at, plain), value.data}, value.key...)...)
}

// placeholders are n parameters from ?first on.
func placeholders(first, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = "?" + strconv.Itoa(first+i)
	}
	return strings.Join(list, ", ")
}
