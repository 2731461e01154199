package schemas_test

import (
	"encoding/json"
	"testing"

	"github.com/okta-connector/okta-connector/schemas"
)

func BenchmarkDecode(b *testing.B) {
	s := schemas.For[everything]()
	for name, inputs := range map[string]string{
		"one input":  `{"id":"00u1"}`,
		"all inputs": full,
	} {
		b.Run(name, func(b *testing.B) {
			var in everything
			b.ReportAllocs()
			b.SetBytes(int64(len(inputs)))
			for b.Loop() {
				if err := s.Decode(json.RawMessage(inputs), &in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFor(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		schemas.For[everything]()
	}
}

func BenchmarkStrict(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(full)))
	for b.Loop() {
		if err := schemas.Strict([]byte(full), schemas.MaxDepth); err != nil {
			b.Fatal(err)
		}
	}
}
