package secret

import (
	"container/list"
	"sync"
	"time"
)

// cache keeps unwrapped keys of the persons used last. Keys are copied out, and zeroed when they leave. An entry is believed
// for a short while only, so that a key destroyed by another process dies here as well.
type cache struct {
	mu     sync.Mutex
	size   int
	life   time.Duration
	now    func() time.Time
	recent *list.List // of *kept, the one used last in front
	of     map[string]*list.Element
	turn   uint64 // counts forgettings: a key that was read before one must not come in after it
}

type kept struct {
	person string
	key    [32]byte
	since  time.Time
}

func newCache(size int, life time.Duration) *cache {
	return &cache{size: size, life: life, now: time.Now, recent: list.New(), of: map[string]*list.Element{}}
}

func (c *cache) get(person string) (key [32]byte, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.of[person]
	if !ok {
		return key, false
	}
	k := e.Value.(*kept)
	if c.now().Sub(k.since) >= c.life {
		c.drop(e)
		return key, false
	}
	c.recent.MoveToFront(e)
	return k.key, true
}

// reading is called before keys are read from the store; its answer goes to put.
func (c *cache) reading() (turn uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.turn
}

func (c *cache) put(turn uint64, person string, key *[32]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if turn != c.turn {
		return
	}
	if e, ok := c.of[person]; ok {
		c.drop(e)
	}
	c.of[person] = c.recent.PushFront(&kept{person: person, key: *key, since: c.now()})
	for c.recent.Len() > c.size {
		c.drop(c.recent.Back())
	}
}

// forget drops some persons, or everybody when none is named.
func (c *cache) forget(persons ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn++
	if len(persons) == 0 {
		for c.recent.Len() > 0 {
			c.drop(c.recent.Back())
		}
	}
	for _, person := range persons {
		if e, ok := c.of[person]; ok {
			c.drop(e)
		}
	}
}

func (c *cache) drop(e *list.Element) {
	k := c.recent.Remove(e).(*kept)
	clear(k.key[:])
	delete(c.of, k.person)
}
