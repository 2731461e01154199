package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A choice is a flag that takes one of a few words.
type choice struct {
	to      *string
	allowed []string
}

func (c choice) String() string {
	if c.to == nil {
		return "" // the flag package asks a zero value
	}
	return *c.to
}

func (c choice) Set(s string) error {
	s = strings.ToLower(s)
	if !slices.Contains(c.allowed, s) {
		return errors.New("must be " + strings.Join(c.allowed, " or "))
	}
	*c.to = s
	return nil
}

// A share is a flag that takes a part of a whole: above 0, up to 1.
type share struct{ to *float64 }

func (s share) String() string {
	if s.to == nil {
		return ""
	}
	return strconv.FormatFloat(*s.to, 'g', -1, 64)
}

func (s share) Set(text string) error {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n > 0 && n <= 1) {
		return errors.New("must be a number above 0 and up to 1, such as 0.5")
	}
	*s.to = n
	return nil
}

// An age is a flag that takes a duration in Go's form, or in days: "36h", "7d".
type age struct {
	to    *time.Duration
	least time.Duration
}

const day = 24 * time.Hour

func (a age) String() string {
	if a.to == nil {
		return ""
	}
	return words(*a.to)
}

func (a age) Set(text string) error {
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(min(n, 36500)) * day
	}
	if err != nil || d < a.least {
		return fmt.Errorf("must be an age such as 36h or 7d, at least %s", words(a.least))
	}
	*a.to = d
	return nil
}

// words writes whole days, hours and minutes without the zeroes behind them.
func words(d time.Duration) string {
	switch {
	case d >= day && d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
