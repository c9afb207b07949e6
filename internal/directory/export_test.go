package directory

import (
	"flag"
	"os"
	"testing"
)

// TestMain makes the bounds so small that a few hundred people meet every way of finding a page. Benchmarks keep the real ones.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() == "" {
		walkRows, textRows, fewRows, fewCandidates, newestRows = 60, 90, 30, 25, 40
	}
	os.Exit(m.Run())
}
