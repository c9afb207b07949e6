package app

import (
	"context"
	"flag"

	"github.com/stewardhq/steward/internal/api"
)

var openapiCommand = &command{
	name: "openapi", summary: "Print the OpenAPI document of the REST API", example: "steward openapi > openapi.json",
	set: func(f *flag.FlagSet) action {
		inJSON(f) // it is JSON anyway
		return func(_ context.Context, t Terminal, _ []string) error {
			text, err := api.Document()
			if err == nil {
				_, err = t.Out.Write(text)
			}
			return err
		}
	},
}
