// Command show serves the storybook on this machine: go run ./internal/web/story/show [address].
package main

import (
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/stewardhq/steward/internal/web/story"
	"github.com/stewardhq/steward/internal/web/ui"
)

func main() {
	address := "127.0.0.1:8090"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	mux := http.NewServeMux()
	mux.Handle(story.Prefix, story.Handler())
	mux.Handle(ui.StaticPrefix, ui.Static())
	mux.Handle("GET /{$}", http.RedirectHandler(story.Prefix, http.StatusSeeOther))
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	fmt.Printf("http://%s%s\n", address, story.Prefix)
	if err := server.ListenAndServe(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
