package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stewardhq/steward/internal/kernel/id"
)

// version is that of the Event type that this program writes.
const version = 1

// leaf is the first byte of what is hashed for an entry. Other hashes to come (inner nodes of a Merkle tree) begin otherwise,
// so that none of them can be passed off as an entry.
const leaf = 0x01

// origin stands for the hash before the first entry of a chain.
var origin [sha256.Size]byte

// encode gives the canonical form: JSON of the struct in the order of its fields, maps sorted, no HTML escapes, no spaces.
// It is made once, when the event is appended. Nothing ever makes it again from a decoded event: what is stored is what counts.
func encode(e *Event) ([]byte, error) {
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false)
	if err := to.Encode(e); err != nil {
		return nil, fmt.Errorf("encode audit event: %w", err)
	}
	body := bytes.TrimSuffix(out.Bytes(), []byte("\n"))
	if !utf8.Valid(body) { // only a raw JSON value can bring this in
		return nil, errors.New("encode audit event: not UTF-8")
	}
	return body, nil
}

// Decode reads the canonical form of an event. Fields that a newer program wrote are passed over: the stored text keeps them.
func Decode(body []byte) (*Event, error) {
	e := new(Event)
	if err := json.Unmarshal(body, e); err != nil {
		return nil, fmt.Errorf("decode audit event: %w", err)
	}
	if e.Schema < 1 {
		return nil, errors.New("decode audit event: no schema version")
	}
	return e, nil
}

// Hash is the chain's hash of an entry: SHA-256(0x01 ‖ n ‖ hash before ‖ canonical form), n as eight bytes, big endian; before
// the first entry stand 32 zero bytes. Whoever has the export can compute it with any tool.
func Hash(n int64, before, body []byte) [sha256.Size]byte {
	in := make([]byte, 0, 512)
	in = append(in, leaf)
	in = binary.BigEndian.AppendUint64(in, uint64(n))
	in = append(in, before...)
	return sha256.Sum256(append(in, body...))
}

// columns are the facts of an event that stand beside its body, for filters. They are a function of the body, and verification
// computes them again.
type columns struct {
	n                                       int64
	id                                      string
	at                                      int64
	op, outcome, actorKind, actorID, person string
}

func columnsOf(e *Event) columns {
	return columns{n: e.N, id: e.ID, at: e.At, op: e.Op, outcome: string(e.Outcome), actorKind: e.Actor.Kind, actorID: e.Actor.ID, person: e.Actor.human()}
}

// human is the person who acted: the user, or the owner of the key.
func (a Actor) human() string {
	if strings.HasPrefix(a.ID, id.User) {
		return a.ID
	}
	return a.Person
}

// touch is a row of audit_subjects: something that the event is about.
type touch struct{ id, kind string }

// touched lists what an event is about: its subjects, the persons they tell about, and the person in whose name it was done.
// Each stands once, as what it was first.
func touched(e *Event) []touch {
	all := make([]touch, 0, 2*len(e.Subjects)+1)
	for _, s := range e.Subjects {
		all = append(all, touch{s.ID, s.Kind})
	}
	for _, s := range e.Subjects {
		all = append(all, touch{s.Person, "user"})
	}
	all = append(all, touch{e.Actor.OnBehalf, "user"})
	var seen map[string]bool
	if len(all) > 8 {
		seen = make(map[string]bool, len(all))
	}
	once := all[:0]
	for _, t := range all {
		if t.id == "" || seen[t.id] || seen == nil && slices.ContainsFunc(once, func(o touch) bool { return o.id == t.id }) {
			continue
		}
		if seen != nil {
			seen[t.id] = true
		}
		once = append(once, t)
	}
	return once
}
