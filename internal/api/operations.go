package api

import "github.com/stewardhq/steward/internal/kernel/op"

// Operations are the questions that only programs ask.
var Operations = []op.Operation{}
