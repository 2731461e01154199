package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/okta-connector/okta-connector/runtime"
)

const (
	progressAfter = time.Second // quick calls show none
	progressEvery = 250 * time.Millisecond
	clearLine     = "\r\x1b[K"
)

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// watch shows on a terminal how far a call is, in one line of stderr that stop takes away again.
func (p *program) watch(progress *runtime.Progress) (stop func()) {
	if !isTerminal(p.stderr) {
		return func() {}
	}
	ended := make(chan struct{})
	var shown sync.WaitGroup
	shown.Go(func() {
		timer := time.NewTimer(progressAfter)
		defer timer.Stop()
		for {
			select {
			case <-ended:
				fmt.Fprint(p.stderr, clearLine)
				return
			case <-timer.C:
			}
			fmt.Fprint(p.stderr, clearLine, progressWords(progress.Read()))
			timer.Reset(progressEvery)
		}
	})
	return func() {
		close(ended)
		shown.Wait()
	}
}

// progressWords is "waiting for Okta", "12 pages, 2400 items", "1 page, 200 items, 8s of it held back by rate limits".
func progressWords(pages, items int64, waited time.Duration) string {
	var words []string
	if pages > 0 {
		words = append(words, count(pages, "page"), count(items, "item"))
	} else {
		words = append(words, "waiting for Okta")
	}
	if waited >= time.Second {
		words = append(words, waited.Truncate(time.Second).String()+" of it held back by rate limits")
	}
	return strings.Join(words, ", ")
}

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
