package app

import (
	"io"
	"testing"
)

// BenchmarkSeed makes 60,000 customers with their orders: what `seed` is made of.
func BenchmarkSeed(b *testing.B) {
	for b.Loop() {
		args := []string{"seed", "--customers", "60000", "--as-of", "2026-11-20", "--data", b.TempDir()}
		if code := Run(b.Context(), args, Terminal{Out: io.Discard, Err: io.Discard, Env: func(string) string { return "" }}); code != Done {
			b.Fatal("exit code", code)
		}
	}
	b.ReportMetric(60_000*float64(b.N)/b.Elapsed().Seconds(), "customers/s")
}
