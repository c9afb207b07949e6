package app

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// counts are what Prometheus is told of requests. A listener of their own shows them, on this machine only and off by default,
// together with the profiles of the Go runtime.
type counts struct {
	answered [6]atomic.Int64 // by the first digit of the status
	spent    atomic.Int64    // nanoseconds
	running  atomic.Int64
}

var began = time.Now()

// count counts the requests of a handler.
func (c *counts) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, seen := time.Now(), &status{ResponseWriter: w, code: http.StatusOK}
		c.running.Add(1)
		defer func() {
			c.running.Add(-1)
			c.answered[min(seen.code/100, 5)].Add(1)
			c.spent.Add(int64(time.Since(start)))
		}()
		next.ServeHTTP(seen, r)
	})
}

// status remembers what was answered.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach what is below.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// Flush lets handlers stream.
func (s *status) Flush() { _ = http.NewResponseController(s.ResponseWriter).Flush() }

// write is the text format of Prometheus.
func (c *counts) write(w io.Writer) {
	put := func(name, kind, help string, value any) {
		_, _ = fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s %v\n", name, help, name, kind, name, value)
	}
	const requests = "steward_http_requests_total"
	_, _ = fmt.Fprintf(w, "# HELP %s Requests answered, by class of status.\n# TYPE %s counter\n", requests, requests)
	for class := 1; class <= 5; class++ {
		_, _ = fmt.Fprintf(w, "%s{status=\"%dxx\"} %d\n", requests, class, c.answered[class].Load())
	}
	put("steward_http_seconds_total", "counter", "Time spent on answering.", time.Duration(c.spent.Load()).Seconds())
	put("steward_http_running", "gauge", "Requests being answered.", c.running.Load())
	put("process_start_time_seconds", "gauge", "When the process started.", began.Unix())
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}, {Name: "/sched/goroutines:goroutines"}, {Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(samples)
	put("go_memory_bytes", "gauge", "Memory mapped by the Go runtime.", samples[0].Value.Uint64())
	put("go_heap_objects_bytes", "gauge", "Memory of live and unswept objects.", samples[1].Value.Uint64())
	put("go_goroutines", "gauge", "Goroutines.", samples[2].Value.Uint64())
	put("go_gc_cycles_total", "counter", "Garbage collections.", samples[3].Value.Uint64())
}

// showMetrics serves metrics and profiles at an address of this machine, until ctx ends.
func (a *App) showMetrics(ctx context.Context, address string) error {
	socket, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen on STEWARD_METRICS_LISTEN %s: %w; choose another address, or leave it empty", address, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		a.counts.write(w)
	})
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: sameHost(socket.Addr().String(), mux), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(socket) }()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	a.Log.Info("metrics and profiles", "address", socket.Addr().String())
	return nil
}

// sameHost refuses names that only resolve to this machine: a page elsewhere must not read profiles through a visitor's browser.
func sameHost(address string, next http.Handler) http.Handler {
	_, port, _ := net.SplitHostPort(address)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, p, err := net.SplitHostPort(r.Host)
		if err != nil || p != port || !isLoopback(host) {
			answer(w, http.StatusMisdirectedRequest, "ask for this listener by its address\n")
			return
		}
		next.ServeHTTP(w, r)
	})
}
