package store

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// columnTypes are what the two databases call the same thing.
var columnTypes = strings.NewReplacer("BOOLEAN", "INTEGER", "BIGINT", "INTEGER", "BYTEA", "BLOB")

// schema reads the columns, as "table.column TYPE NULL?", from a dialect's migrations.
func schema(t *testing.T, d *dialect) []string {
	list, err := dialectMigrations(d.name)
	require.NoError(t, err)
	var columns []string
	for i, m := range list {
		require.Equal(t, i+1, m.version, "migrations are numbered without gaps")
		for _, table := range regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\)`).FindAllStringSubmatch(m.sql, -1) {
			for _, column := range regexp.MustCompile(`(?m)^    ([a-z_]+) +([A-Z]+)(.*)$`).FindAllStringSubmatch(table[2], -1) {
				null := "NULL"
				if strings.Contains(column[3], "NOT NULL") || strings.Contains(column[3], "PRIMARY KEY") {
					null = "NOT NULL"
				}
				columns = append(columns, table[1]+"."+column[1]+" "+columnTypes.Replace(column[2])+" "+null)
			}
		}
	}
	return columns
}

func TestMigrations_BothDatabasesHaveTheSameColumns(t *testing.T) {
	t.Parallel()
	columns := schema(t, sqliteDialect)
	require.Greater(t, len(columns), 100)
	require.Equal(t, columns, schema(t, postgresDialect))
}

func TestSealedColumns_AreAllThereAre(t *testing.T) {
	t.Parallel()
	var want []string
	for _, column := range schema(t, sqliteDialect) {
		if name, ok := strings.CutSuffix(strings.TrimSuffix(strings.TrimSuffix(column, " NULL"), " NOT"), " BLOB"); ok {
			want = append(want, name)
		}
	}
	got := make([]string, 0, len(want))
	for _, c := range sealedColumns() {
		got = append(got, c.table+"."+c.column)
	}
	slices.Sort(want)
	slices.Sort(got)
	require.Equal(t, want, got)
}
