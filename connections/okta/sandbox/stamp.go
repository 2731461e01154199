package sandbox

import "time"

const (
	stampLayout = "2006-01-02T15:04:05.000Z"
	day         = 24 * time.Hour
)

// stamp is a point in time as Okta writes it: UTC with three decimals, null when zero. Those of objects are whole
// seconds, those of the System Log whole milliseconds.
type stamp struct{ time.Time }

// now is the present second: Okta keeps no finer times of users, groups and all else that is stored.
func now() stamp { return stamp{time.Now().UTC().Truncate(time.Second)} }

// String returns "" for the zero stamp.
func (s stamp) String() string {
	if s.IsZero() {
		return ""
	}
	return s.UTC().Format(stampLayout)
}

// MarshalJSON implements [json.Marshaler].
func (s stamp) MarshalJSON() ([]byte, error) {
	if s.IsZero() {
		return []byte("null"), nil
	}
	return s.UTC().AppendFormat(nil, `"`+stampLayout+`"`), nil
}
