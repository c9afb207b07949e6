package audit

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/stewardhq/steward/internal/kernel/secret"
)

// Checkpoint is one line of audit-checkpoints.jsonl: what the head of one chain was, signed. The lines form a chain of their
// own, by number and by the hash of the line before, so that none can be taken out of the file unseen.
type Checkpoint struct {
	Number    int64  `json:"number"`   // position in the file, from 1
	Chain     string `json:"chain"`    // whose head
	N         int64  `json:"n"`        // the last entry
	Hash      string `json:"hash"`     // its hash, hex
	At        int64  `json:"at"`       // when this was signed, epoch ms UTC
	Previous  string `json:"previous"` // SHA-256 of the line before without its line break, hex; empty in the first
	Signature string `json:"signature,omitempty"`
}

// purpose precedes what is signed, so that the key's signatures mean nothing anywhere else.
const purpose = "steward audit checkpoint v1\n"

// signed is the text under the signature: the line without it.
func (c Checkpoint) signed() []byte {
	c.Signature = ""
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return append([]byte(purpose), text...)
}

func (c Checkpoint) line(key ed25519.PrivateKey) []byte {
	c.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(key, c.signed()))
	text, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	return text
}

func (c Checkpoint) holds(key ed25519.PublicKey) bool {
	signature, err := base64.StdEncoding.Strict().DecodeString(c.Signature)
	return err == nil && ed25519.Verify(key, c.signed(), signature)
}

// readLine reads a line that is signed by the key.
func readLine(line []byte, key ed25519.PublicKey) (c Checkpoint, ok bool) {
	return c, json.Unmarshal(line, &c) == nil && c.holds(key)
}

// SigningKey reads the key that signs checkpoints from its file, which is made, with mode 0600, when it is absent.
func SigningKey(path string) (ed25519.PrivateKey, error) {
	seed, err := secret.File(path, "key for audit checkpoints")
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed[:]), nil
}

const keyPrefix = "ed25519:"

// PublicText is the public key as people copy it: to be kept away from the machine, since verification is worth as much as
// the certainty that this is the right key.
func PublicText(key ed25519.PrivateKey) string {
	return keyPrefix + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
}

// Anchors are the signed checkpoints of one file, as far as they hold.
type Anchors struct {
	Checkpoints []Checkpoint
	Problems    []string // lines that do not hold, as sentences; each is a finding of Verify
	Torn        bool     // the last line was cut off in writing: no evidence of anything, the next checkpoint replaces it
}

// ReadAnchors reads a checkpoint file and checks it: every signature, the numbers, and each line's hash of the line before.
// A file that does not exist has no checkpoints.
func ReadAnchors(path string, key ed25519.PublicKey) (*Anchors, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Anchors{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open checkpoints: %w", err)
	}
	defer f.Close()
	return readAnchors(f, key)
}

func readAnchors(from io.Reader, key ed25519.PublicKey) (*Anchors, error) {
	a := &Anchors{}
	lines := bufio.NewReader(from)
	var number int64
	previous := ""
	for place := 1; ; place++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			a.Torn = len(line) > 0
			return a, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read checkpoints: %w", err)
		}
		line = bytes.TrimSuffix(line, []byte("\n"))
		c, ok := readLine(line, key)
		switch {
		case !ok:
			a.problem("Line %d of the checkpoint file cannot be read, or is not signed by this key.", place)
		case c.Number != number+1:
			a.problem("Line %d of the checkpoint file is checkpoint %d where %d was expected: lines were taken out, added or moved.", place, c.Number, number+1)
			a.Checkpoints = append(a.Checkpoints, c)
		case c.Previous != previous:
			a.problem("Line %d of the checkpoint file (checkpoint %d) does not follow from the line before it.", place, c.Number)
			a.Checkpoints = append(a.Checkpoints, c)
		default:
			a.Checkpoints = append(a.Checkpoints, c)
		}
		number, previous = number+1, digest(line)
		if c.Number > 0 { // go on from what stands there: one missing line is one problem, not one for each line after it
			number = c.Number
		}
	}
}

func (a *Anchors) problem(format string, args ...any) {
	a.Problems = append(a.Problems, fmt.Sprintf(format, args...))
}

func digest(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}
