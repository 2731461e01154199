package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
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
		last := len(c.allowed) - 1
		return errors.New("must be " + strings.Join(c.allowed[:last], ", ") + " or " + c.allowed[last])
	}
	*c.to = s
	return nil
}

// A checked is a flag that takes text of a form.
type checked struct {
	to    *string
	check func(string) error
}

func (c checked) String() string {
	if c.to == nil {
		return ""
	}
	return *c.to
}

func (c checked) Set(text string) error {
	if err := c.check(text); err != nil {
		return err
	}
	*c.to = text
	return nil
}

// isAddress wants what a server can listen on.
func isAddress(text string) error {
	if _, _, err := net.SplitHostPort(text); err != nil {
		return errors.New("must be a host and a port, such as 127.0.0.1:8080")
	}
	return nil
}

// isDatabase wants the URL of a database, or nothing for the default one.
func isDatabase(text string) error {
	switch scheme, rest, _ := strings.Cut(text, ":"); {
	case text == "", scheme == "sqlite" && rest != "", scheme == "postgres", scheme == "postgresql":
		return nil
	}
	return errors.New("must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE")
}

// isPublicURL wants an address that a path can be put behind, or nothing.
func isPublicURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return nil
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" ||
		u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("must be a URL such as https://connector.example.com")
	}
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
