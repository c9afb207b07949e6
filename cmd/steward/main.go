// Command steward is the user and customer desk of a commerce platform: one binary, `steward help` lists what it does.
package main

import (
	"os"
	_ "time/tzdata" // brands have time zones, and not every machine has them

	"github.com/stewardhq/steward/internal/app"
)

func main() {
	os.Exit(app.Main(os.Args[1:], app.Terminal{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv}))
}
