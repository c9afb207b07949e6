//go:build ignore

// Generate writes ipv6.bin from the data within github.com/phuslu/iploc: go run generate.go (in this folder).
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/phuslu/iploc").Output()
	check(err)
	read := func(name string) []byte {
		raw, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), name))
		check(err)
		return raw
	}
	packed, err := gzip.NewReader(bytes.NewReader(read("ipv6be.gz")))
	check(err)
	starts, err := io.ReadAll(packed)
	check(err)
	countries := read("ipv6.txt")

	// One cell is a /32, counted by its /64s. The country with the most of them gets the cell; gaps belong to the country
	// before, for nobody signs in from there. What is within 2000::/3 is the internet.
	type cell map[string]uint64
	cells := map[uint32]cell{}
	var runs []run
	for i := 0; i*16 < len(starts); i++ {
		country := string(countries[i*2 : i*2+2])
		from := binary.BigEndian.Uint64(starts[i*16:])
		to := uint64(1) << 62
		if (i+1)*16 < len(starts) {
			to = binary.BigEndian.Uint64(starts[(i+1)*16:])
		}
		if country == "ZZ" || from>>61 != 1 || to <= from {
			continue
		}
		for from < to {
			at := uint32(from >> 32)
			end := (from>>32 + 1) << 32
			if from<<32 == 0 && to >= end { // whole cells at once
				runs = append(runs, run{at, country})
				from = to >> 32 << 32
				continue
			}
			end = min(end, to)
			if cells[at] == nil {
				cells[at] = cell{}
			}
			cells[at][country] += end - from
			from = end
		}
	}
	for at, shares := range cells {
		best := ""
		for country, n := range shares {
			if best == "" || n > shares[best] || n == shares[best] && country < best {
				best = country
			}
		}
		runs = append(runs, run{at, best})
	}
	slices.SortStableFunc(runs, func(a, b run) int { return cmp.Compare(a.at, b.at) })
	var out bytes.Buffer
	last, count := "", 0
	for _, r := range runs {
		if r.country == last {
			continue
		}
		binary.Write(&out, binary.BigEndian, r.at)
		out.WriteString(r.country)
		last, count = r.country, count+1
	}
	check(os.WriteFile("ipv6.bin", out.Bytes(), 0o644))
	fmt.Println(count, "ranges,", out.Len(), "bytes")
}

type run struct {
	at      uint32
	country string
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
