package runtime

import (
	"hash/fnv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/okta-connector/okta-connector/schemas"
)

// maxJitter bounds how far a poll is moved off its scheduled moment.
const maxJitter = 30 * time.Second

var cronParser = cron.NewParser(
	cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// Schedule is when a subscription is polled: five cron fields, six with seconds, or "@every 30s", in a time zone.
type Schedule struct {
	cron.Schedule
	zone   *time.Location
	jitter time.Duration
}

// ParseSchedule reads a schedule. The error is a [schemas.Invalid] at /schedule or /timeZone, and repeats neither.
func ParseSchedule(expr, zone string) (Schedule, error) {
	expr = strings.TrimSpace(expr)
	if strings.Contains(expr, "TZ=") {
		return badSchedule("must not hold a time zone: give it as timeZone")
	}
	if zone == "" {
		zone = "UTC"
	}
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return Schedule{}, schemas.Invalid{{Pointer: "/timeZone", Detail: "must be one of the IANA names, such as Europe/Berlin"}}
	}
	s, err := cronParser.Parse(sundayIsZero(expr))
	if err != nil {
		return badSchedule("must be five cron fields, six with seconds, or @every and a duration, such as @every 30s")
	}
	if every, ok := strings.CutPrefix(expr, "@every "); ok && shorterThanSecond(every) {
		return badSchedule("must not be shorter than a second")
	}
	if s.Next(time.Now()).IsZero() {
		return badSchedule("must come due some day")
	}
	return Schedule{Schedule: s, zone: loc}, nil
}

func badSchedule(detail string) (Schedule, error) {
	return Schedule{}, schemas.Invalid{{Pointer: "/schedule", Detail: detail}}
}

// sundayIsZero lets Sunday be 7 too, as most crons do: the parser knows it as 0.
func sundayIsZero(expr string) string {
	fields := strings.Fields(expr)
	if len(fields) < 5 {
		return expr
	}
	days := strings.Split(fields[len(fields)-1], ",")
	for i, day := range days {
		if from, ok := strings.CutSuffix(day, "-7"); ok && from != "7" {
			days[i] = from + "-6,0"
		} else if day == "7" {
			days[i] = "0"
		}
	}
	fields[len(fields)-1] = strings.Join(days, ",")
	return strings.Join(fields, " ")
}

// shorterThanSecond finds what the parser rounds up.
func shorterThanSecond(duration string) bool {
	d, err := time.ParseDuration(duration)
	return err == nil && d < time.Second
}

// Spread moves the schedule by a part of its period that depends on the subscription alone, so that a thousand
// subscriptions at */5 do not ask Okta in the same second. Schedules of less than a minute are exact.
func (s Schedule) Spread(id string, now time.Time) Schedule {
	next := s.Schedule.Next(now.In(s.zone))
	period := s.Schedule.Next(next).Sub(next)
	if period < time.Minute {
		return s
	}
	h := fnv.New64a()
	h.Write([]byte(id))
	// Whole milliseconds: the database keeps no finer moments, and one cut short would come due again at once.
	s.jitter = time.Duration(h.Sum64()%uint64(min(maxJitter, period/2)/time.Millisecond)) * time.Millisecond
	return s
}

// Next returns the first moment after now, in UTC.
func (s Schedule) Next(now time.Time) time.Time {
	next := s.Schedule.Next(now.Add(-s.jitter).In(s.zone))
	return next.Add(s.jitter).UTC()
}
