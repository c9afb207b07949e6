package secret

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// What sealed values can answer.
var (
	ErrErased   = errs.New(errs.Gone, "value_erased", "This value was erased together with its person's key. Nobody can read it again.")
	ErrTampered = errs.New(errs.Fault, "value_tampered", "This sealed value was changed, or belongs to somebody else. Run: steward audit verify.")

	// ErrNoKey is a fault of ours: Ensure was not called before Seal.
	ErrNoKey = errors.New("secret: this person has no key yet; call Ensure before the transaction")

	// ErrOtherMaster means that the key store was made with another master key.
	ErrOtherMaster = errors.New("the master key does not belong to this key store: put back the master key file that was in use when the store was made (STEWARD_MASTER_KEY_FILE)")
)

//go:embed keystore/*.sql
var migrations embed.FS

// canary is the row that shows whether the master key is the right one: the wrapped key of nobody.
const canary = ""

// batch is how many persons one statement names.
const batch = 200

// Options say where the key store is.
type Options struct {
	Store  store.Options // sqlite:…/keys.db, or the main PostgreSQL with the search path steward_keys
	Master *Master
	Cached int           // unwrapped keys kept in memory (4096)
	Life   time.Duration // how long one is believed without asking the store, and so how long another process's Destroy may go unnoticed (5 s)
}

// Keys is the key store: one random key for each person, wrapped by the master key.
//
// A key is made once, before the first value of its person is sealed, and destroyed once. Destroying leaves a row without a
// key, so that the person never gets another one: what was sealed before stays ErrErased, and sealing anew is refused.
type Keys struct {
	hidden
	db     *store.DB
	master *Master
	wrap   held
	cache  *cache
}

// OpenKeys opens the key store, brings its schema up to date, and refuses a master key that did not make it.
func OpenKeys(ctx context.Context, o Options) (_ *Keys, err error) {
	if o.Master == nil {
		return nil, errNoMaster
	}
	if o.Cached <= 0 {
		o.Cached = 4096
	}
	if o.Life <= 0 {
		o.Life = 5 * time.Second
	}
	db, err := store.Open(ctx, o.Store)
	if err != nil {
		return nil, fmt.Errorf("open the key store: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	files, err := fs.Sub(migrations, "keystore")
	if err != nil {
		return nil, err
	}
	if err := store.Migrate(ctx, db, files); err != nil {
		return nil, fmt.Errorf("prepare the key store: %w", err)
	}
	wrap := o.Master.derive("wrap", "person keys")
	k := &Keys{db: db, master: o.Master, wrap: hold(&wrap), cache: newCache(o.Cached, o.Life)}
	if err := k.Ensure(ctx, canary); err != nil {
		if errors.Is(err, ErrTampered) {
			return nil, ErrOtherMaster
		}
		return nil, err
	}
	return k, nil
}

// Close forgets the keys in memory and closes the store.
func (k *Keys) Close() error {
	k.cache.forget()
	clear(k.wrap()[:])
	return k.db.Close()
}

// Ensure sees to it that the persons have keys; those who have one, or whose key was destroyed, stay as they are. It writes to
// the key store, so call it before the operation's transaction: a key that is then not used does no harm.
func (k *Keys) Ensure(ctx context.Context, persons ...string) error {
	var missing []string
	for _, person := range persons {
		if _, ok := k.cache.get(person); !ok {
			missing = append(missing, person)
		}
	}
	slices.Sort(missing) // one order for all: two processes that make the same keys do not block each other
	missing = slices.Compact(missing)
	for part := range slices.Chunk(missing, batch) {
		if err := k.ensure(ctx, part); err != nil {
			return fmt.Errorf("make keys of persons: %w", err)
		}
	}
	return nil
}

func (k *Keys) ensure(ctx context.Context, persons []string) error {
	known, err := k.load(ctx, persons)
	if err != nil {
		return err
	}
	persons = slices.DeleteFunc(slices.Clone(persons), func(p string) bool { return known[p] })
	if len(persons) == 0 {
		return nil
	}
	err = txn.Write(ctx, k.db, func(tx *store.Tx) error {
		now := time.Now().UnixMilli()
		var rows strings.Builder
		var args []any
		for _, person := range persons {
			wrapped, err := k.fresh(person)
			if err != nil {
				return err
			}
			if len(args) > 0 {
				rows.WriteString(", ")
			}
			fmt.Fprintf(&rows, "($%d, $%d, $%d)", len(args)+1, len(args)+2, len(args)+3)
			args = append(args, person, wrapped, now)
		}
		_, err := tx.Exec("insert into person_keys (person, wrapped, made_at) values "+rows.String()+" on conflict (person) do nothing", args...)
		return err
	})
	if err != nil {
		return err
	}
	// Another process may have been first: what stands in the store now is the key, not what was made here.
	known, err = k.load(ctx, persons)
	if err == nil && len(known) < len(persons) {
		err = errors.New("keys that were just written are not there")
	}
	return err
}

func (k *Keys) fresh(person string) (wrapped string, err error) {
	key := make([]byte, 32)
	defer clear(key)
	_, _ = rand.Read(key)
	return seal(k.wrap(), boxKey, person, key)
}

// load reads keys of persons into the cache and says who has a row, with a key or without.
func (k *Keys) load(ctx context.Context, persons []string) (map[string]bool, error) {
	turn := k.cache.reading()
	marks, args := make([]string, len(persons)), make([]any, len(persons))
	for i, person := range persons {
		marks[i], args[i] = "$"+strconv.Itoa(i+1), person
	}
	rows, err := store.All(k.db.Read(ctx), func(row store.Row) (r struct{ person, wrapped string }, err error) {
		return r, row.Scan(&r.person, &r.wrapped)
	}, "select person, wrapped from person_keys where person in ("+strings.Join(marks, ", ")+")", args...)
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(rows))
	for _, r := range rows {
		known[r.person] = true
		if r.wrapped == "" {
			continue // destroyed
		}
		key, err := k.unwrap(r.person, r.wrapped)
		if err != nil {
			return nil, err
		}
		k.cache.put(turn, r.person, &key)
		clear(key[:])
	}
	return known, nil
}

func (k *Keys) unwrap(person, wrapped string) (key [32]byte, err error) {
	plain, err := open(k.wrap(), boxKey, person, wrapped)
	if err != nil {
		return key, fmt.Errorf("unwrap a person's key: %w", err)
	}
	defer clear(plain)
	if copy(key[:], plain) != len(key) {
		return key, ErrTampered
	}
	return key, nil
}

// key finds the key of a person in memory or in the store.
func (k *Keys) key(ctx context.Context, person string) (*[32]byte, error) {
	if key, ok := k.cache.get(person); ok {
		return &key, nil
	}
	turn := k.cache.reading()
	var wrapped string
	err := k.db.Read(ctx).QueryRow("select wrapped from person_keys where person = $1", person).Scan(&wrapped)
	switch {
	case errors.Is(err, store.ErrNoRows):
		return nil, ErrNoKey
	case err != nil:
		return nil, fmt.Errorf("read a person's key: %w", err)
	case wrapped == "":
		return nil, ErrErased
	}
	key, err := k.unwrap(person, wrapped)
	if err != nil {
		return nil, err
	}
	k.cache.put(turn, person, &key)
	return &key, nil
}

// Seal closes a value so that only this person's key opens it. The same value gives another box each time. A person without a
// key is ErrNoKey, one whose key was destroyed ErrErased.
func (k *Keys) Seal(ctx context.Context, person string, plain []byte) (box string, err error) {
	key, err := k.owner(ctx, person)
	if err != nil {
		return "", err
	}
	defer clear(key[:])
	return seal(key, boxPerson, person, plain)
}

// Open reads a box of this person: ErrErased when there is no key (any more), ErrTampered when the box is not what was sealed
// for this person.
func (k *Keys) Open(ctx context.Context, person, box string) ([]byte, error) {
	key, err := k.owner(ctx, person)
	if errors.Is(err, ErrNoKey) {
		return nil, ErrErased.Because(err)
	}
	if err != nil {
		return nil, err
	}
	defer clear(key[:])
	return open(key, boxPerson, person, box)
}

func (k *Keys) owner(ctx context.Context, person string) (*[32]byte, error) {
	if person == canary {
		return nil, errors.New("secret: a sealed value needs a person; use SealSystem for what belongs to nobody")
	}
	return k.key(ctx, person)
}

// Destroy makes every value sealed for the persons unreadable for ever. It can be repeated. The person keeps a row without a
// key, also when there was none before, so that none is made later.
func (k *Keys) Destroy(ctx context.Context, persons ...string) error {
	if slices.Contains(persons, canary) {
		return errors.New("secret: nobody's key cannot be destroyed")
	}
	persons = slices.Compact(slices.Sorted(slices.Values(persons)))
	err := txn.Write(ctx, k.db, func(tx *store.Tx) error {
		for _, person := range persons {
			_, err := tx.Exec(`insert into person_keys (person, wrapped, made_at) values ($1, '', $2)
				on conflict (person) do update set wrapped = ''`, person, time.Now().UnixMilli())
			if err != nil {
				return err
			}
		}
		return nil
	})
	k.cache.forget(persons...) // even after an error: the commit may have happened
	if err != nil {
		return fmt.Errorf("destroy keys of persons: %w", err)
	}
	return nil
}

// Scrub removes destroyed keys from the store's files too; see store.DB.Scrub. Until then a file's log holds them as they were.
func (k *Keys) Scrub(ctx context.Context) error { return k.db.Scrub(ctx, "person_keys") }

// Forget drops keys from memory, all of them when nobody is named. For a node that heard of an erasure elsewhere.
func (k *Keys) Forget(persons ...string) { k.cache.forget(persons...) }

// SealSystem seals a value that belongs to nobody; see Master.SealSystem.
func (k *Keys) SealSystem(name string, plain []byte) (box string, err error) {
	return k.master.SealSystem(name, plain)
}

// OpenSystem opens such a value.
func (k *Keys) OpenSystem(name, box string) ([]byte, error) { return k.master.OpenSystem(name, box) }

// MAC is a keyed hash for a purpose; see Master.MAC.
func (k *Keys) MAC(purpose string, parts ...[]byte) []byte { return k.master.MAC(purpose, parts...) }
