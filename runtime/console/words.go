package console

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/schemas"
)

// scheduleView is a schedule as a person reads it: in words, and as the moments that come next.
type scheduleView struct {
	Words string
	Next  []time.Time
	Zone  *time.Location
	Error string
}

const nextRuns = 5

// readSchedule says when a subscription with this id would be polled.
func readSchedule(expr, zone, id string, now time.Time) scheduleView {
	schedule, err := runtime.ParseSchedule(expr, zone)
	if err != nil {
		invalid, _ := errors.AsType[schemas.Invalid](err) // it is nothing else
		return scheduleView{Error: sentence(invalid[0].Detail)}
	}
	loc, err := time.LoadLocation(zone) // "" is UTC; ParseSchedule has accepted it
	if err != nil {
		return scheduleView{Error: sentence(err.Error())}
	}
	v := scheduleView{Words: inWords(expr), Zone: loc}
	spread := schedule.Spread(id, now)
	for at := now; len(v.Next) < nextRuns; {
		at = spread.Next(at)
		if at.IsZero() {
			break
		}
		v.Next = append(v.Next, at.In(loc))
	}
	return v
}

// named are the schedules that have a name.
var named = map[string]string{
	"@hourly": "Every hour", "@daily": "Every day at 00:00", "@midnight": "Every day at 00:00",
	"@weekly": "On Sunday at 00:00", "@monthly": "On day 1 of the month at 00:00",
	"@yearly": "In January on day 1 of the month at 00:00", "@annually": "In January on day 1 of the month at 00:00",
}

// inWords says a valid schedule in words.
func inWords(expr string) string {
	expr = strings.TrimSpace(expr)
	if every, ok := strings.CutPrefix(expr, "@every "); ok {
		if d, err := time.ParseDuration(strings.TrimSpace(every)); err == nil {
			return "Every " + inUnits(d)
		}
	}
	if words := named[expr]; words != "" {
		return words
	}
	fields := strings.Fields(expr)
	if len(fields) == 5 {
		fields = append([]string{"0"}, fields...)
	}
	if len(fields) != 6 {
		return ""
	}
	second, minute, hour, day, month, weekday := fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]
	var parts []string
	if !wild(month) {
		parts = append(parts, "in "+listOf(month, "month", monthNames))
	}
	if !wild(day) {
		parts = append(parts, "on "+listOf(day, "day", nil)+" of the month")
	}
	if !wild(weekday) {
		joint := "on "
		if !wild(day) {
			joint = "or on " // cron takes either
		}
		parts = append(parts, joint+listOf(weekday, "weekday", dayNames))
	}
	parts = append(parts, timeInWords(second, minute, hour, len(parts) == 0)...)
	return strings.ToUpper(parts[0][:1]) + strings.Join(parts, " ")[1:]
}

func wild(field string) bool { return field == "*" || field == "?" }

// timeInWords says the time of day; anyDay that no day was named before.
func timeInWords(second, minute, hour string, anyDay bool) []string {
	s, sErr := strconv.Atoi(second)
	m, mErr := strconv.Atoi(minute)
	h, hErr := strconv.Atoi(hour)
	if sErr == nil && mErr == nil && hErr == nil {
		at := fmt.Sprintf("at %02d:%02d", h, m)
		if s != 0 {
			at += fmt.Sprintf(":%02d", s)
		}
		if anyDay {
			at = "every day " + at
		}
		return []string{at}
	}
	var parts []string
	switch {
	case second != "0":
		parts = append(parts, everyOf(second, "second"))
		if !wild(minute) {
			parts = append(parts, "during "+listOf(minute, "minute", nil))
		}
	case wild(hour) && mErr == nil && m == 0:
		return append(parts, "every hour")
	case strings.HasPrefix(hour, "*/") && mErr == nil && m == 0:
		return append(parts, everyOf(hour, "hour"))
	default:
		parts = append(parts, everyOf(minute, "minute"))
	}
	if !wild(hour) {
		if step, ok := strings.CutPrefix(hour, "*/"); ok {
			parts = append(parts, "every "+step+" hours")
		} else {
			parts = append(parts, "during "+listOf(hour, "hour", nil))
		}
	}
	return parts
}

// everyOf says "every 5 minutes", "at minute 5".
func everyOf(field, unit string) string {
	if wild(field) {
		return "every " + unit
	}
	if step, ok := strings.CutPrefix(field, "*/"); ok {
		if step == "1" {
			return "every " + unit
		}
		return "every " + step + " " + unit + "s"
	}
	return "at " + listOf(field, unit, nil)
}

var (
	monthNames = strings.Fields("_ January February March April May June July August September October November December")
	dayNames   = strings.Fields("Sunday Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
)

// listOf says "hours 9 to 17", "Monday and Friday".
func listOf(field, unit string, names []string) string {
	items := strings.Split(field, ",")
	for i, item := range items {
		item, step, stepped := strings.Cut(item, "/")
		from, to, isRange := strings.Cut(item, "-")
		text := nameOf(from, names)
		switch {
		case wild(item):
			text = "every"
		case isRange:
			text += " to " + nameOf(to, names)
		}
		if stepped {
			text += " in steps of " + step
		}
		items[i] = text
	}
	text := items[0]
	if n := len(items); n > 1 {
		text = strings.Join(items[:n-1], ", ") + " and " + items[n-1]
	}
	if names != nil {
		return text
	}
	if len(items) > 1 || strings.ContainsAny(field, "-/") {
		unit += "s"
	}
	return unit + " " + text
}

// nameOf is the name of a month or a weekday given by its number or its first letters.
func nameOf(value string, names []string) string {
	if n, err := strconv.Atoi(value); err == nil && n < len(names) {
		return names[n]
	}
	for _, name := range names {
		if len(value) >= 3 && strings.HasPrefix(strings.ToLower(name), strings.ToLower(value)) {
			return name
		}
	}
	return value
}

// inUnits says a duration in the largest units it is whole in.
func inUnits(d time.Duration) string {
	var parts []string
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := int(d / unit.size); n > 0 {
			d -= time.Duration(n) * unit.size
			parts = append(parts, count(n, unit.name))
		}
	}
	if len(parts) == 1 && strings.HasPrefix(parts[0], "1 ") {
		return parts[0][2:]
	}
	return strings.Join(parts, " ")
}
