// Package audit keeps the record of what was done: entries, the hash chain over them, signed checkpoints, and verification.
//
// There is one chain for each brand and one for the platform. An entry is appended in the transaction of the change it tells
// about; when it cannot be written, the change does not happen. Its hash covers its number, the hash before it and its text, so
// nothing inside the chain can be edited, taken out, put in or moved without breaking a link. What the chain cannot show by
// itself is a cut tail, or a chain rewritten from some point on by somebody who can write the database. For that a Checkpointer
// signs the heads every minute into a file outside the database, and Verify compares.
//
// Reading order: event.go (what an entry says), canonical.go (its stored form and hash), append.go, list.go and walk.go,
// checkpoint.go, checkpointer.go, verify.go (what is promised), scan.go and diagnose.go (how it is found out).
package audit
