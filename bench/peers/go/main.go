// SPDX-License-Identifier: MIT

// Go's maps that goroutines share, under the loads of shared_bench.cc: sync.Map; a map behind a mutex, behind an
// RWMutex; a map that is copied, behind an atomic pointer. Writes the same JSON lines. Go's hash, not stet's.
//
// usage: go run . [-cases REGEX] [-keys 16,1000] [-threads 1,2] [-peers REGEX] [-rounds N] [-ms N] [-counts]
package main

import (
	"flag"
	"fmt"
	"math"
	"math/rand"
	"regexp"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type kind uint32

const (
	load kind = iota
	store
	erase
	length
	view
	ranged
	replace
)

type op struct {
	key   uint64
	kind  kind
	value uint32
}

// What all of them can do; more by the interfaces below.
type shared interface {
	load(key uint64) uint64
	store(key, value uint64)
	erase(key uint64)
	ranged() uint64
}
type lener interface{ len() uint64 }
type viewer interface{ view() uint64 }
type replacer interface{ replace(n uint64) }

func fresh(n uint64) map[uint64]uint64 {
	m := make(map[uint64]uint64, n)
	for i := uint64(0); i < n; i++ {
		m[scatter(i)] = i
	}
	return m
}

func copied(m map[uint64]uint64) map[uint64]uint64 {
	c := make(map[uint64]uint64, len(m)+1)
	for k, v := range m {
		c[k] = v
	}
	return c
}

func sum(m map[uint64]uint64) (s uint64) {
	for _, v := range m {
		s += v
	}
	return s
}

type syncMap struct{ m sync.Map }

func (s *syncMap) load(key uint64) uint64 {
	if v, found := s.m.Load(key); found {
		return v.(uint64)
	}
	return 0
}
func (s *syncMap) store(key, value uint64) { s.m.Store(key, value) }
func (s *syncMap) erase(key uint64)        { s.m.Delete(key) }
func (s *syncMap) ranged() (sum uint64) {
	s.m.Range(func(_, v any) bool { sum += v.(uint64); return true })
	return sum
}

type mutexMap struct {
	lock sync.Mutex
	m    map[uint64]uint64
}

func (s *mutexMap) load(key uint64) uint64 {
	s.lock.Lock()
	v := s.m[key]
	s.lock.Unlock()
	return v
}
func (s *mutexMap) store(key, value uint64) { s.lock.Lock(); s.m[key] = value; s.lock.Unlock() }
func (s *mutexMap) erase(key uint64)        { s.lock.Lock(); delete(s.m, key); s.lock.Unlock() }
func (s *mutexMap) ranged() uint64          { s.lock.Lock(); defer s.lock.Unlock(); return sum(s.m) }
func (s *mutexMap) len() uint64             { s.lock.Lock(); defer s.lock.Unlock(); return uint64(len(s.m)) }
func (s *mutexMap) view() uint64 {
	s.lock.Lock()
	defer s.lock.Unlock()
	return uint64(len(copied(s.m)))
}
func (s *mutexMap) replace(n uint64) { m := fresh(n); s.lock.Lock(); s.m = m; s.lock.Unlock() }

type rwMap struct {
	lock sync.RWMutex
	m    map[uint64]uint64
}

func (s *rwMap) load(key uint64) uint64 {
	s.lock.RLock()
	v := s.m[key]
	s.lock.RUnlock()
	return v
}
func (s *rwMap) store(key, value uint64) { s.lock.Lock(); s.m[key] = value; s.lock.Unlock() }
func (s *rwMap) erase(key uint64)        { s.lock.Lock(); delete(s.m, key); s.lock.Unlock() }
func (s *rwMap) ranged() uint64          { s.lock.RLock(); defer s.lock.RUnlock(); return sum(s.m) }
func (s *rwMap) len() uint64             { s.lock.RLock(); defer s.lock.RUnlock(); return uint64(len(s.m)) }
func (s *rwMap) view() uint64 {
	s.lock.RLock()
	defer s.lock.RUnlock()
	return uint64(len(copied(s.m)))
}
func (s *rwMap) replace(n uint64) { m := fresh(n); s.lock.Lock(); s.m = m; s.lock.Unlock() }

type copyMap struct {
	writing sync.Mutex
	m       atomic.Pointer[map[uint64]uint64]
}

func (s *copyMap) load(key uint64) uint64 { return (*s.m.Load())[key] }
func (s *copyMap) store(key, value uint64) {
	s.writing.Lock()
	m := copied(*s.m.Load())
	m[key] = value
	s.m.Store(&m)
	s.writing.Unlock()
}
func (s *copyMap) erase(key uint64) {
	s.writing.Lock()
	m := copied(*s.m.Load())
	delete(m, key)
	s.m.Store(&m)
	s.writing.Unlock()
}
func (s *copyMap) ranged() uint64   { return sum(*s.m.Load()) }
func (s *copyMap) len() uint64      { return uint64(len(*s.m.Load())) }
func (s *copyMap) view() uint64     { return uint64(len(*s.m.Load())) }
func (s *copyMap) replace(n uint64) { m := fresh(n); s.m.Store(&m) }

type peer struct {
	name string
	make func() shared
}

var peers = []peer{
	{"go sync.Map", func() shared { return &syncMap{} }},
	{"go mutex", func() shared { return &mutexMap{m: map[uint64]uint64{}} }},
	{"go RWMutex", func() shared { return &rwMap{m: map[uint64]uint64{}} }},
	{"go copy-on-write", func() shared {
		m := &copyMap{}
		m.m.Store(&map[uint64]uint64{})
		return m
	}},
}

func can(m shared, k kind) bool {
	switch k {
	case length:
		_, is := m.(lener)
		return is
	case view:
		_, is := m.(viewer)
		return is
	case replace:
		_, is := m.(replacer)
		return is
	}
	return true
}

// The loop of each type of its own, so that no call is by interface.
func run[M shared](m M, ops []op) (s uint64) {
	for i := range ops {
		o := &ops[i]
		switch o.kind {
		case load:
			s += m.load(o.key)
		case store:
			m.store(o.key, uint64(o.value))
		case erase:
			m.erase(o.key)
		case ranged:
			s += m.ranged()
		case length:
			s += any(m).(lener).len()
		case view:
			s += any(m).(viewer).view()
		case replace:
			any(m).(replacer).replace(o.key)
		}
	}
	return s
}

func runAny(m shared, ops []op) uint64 {
	switch t := m.(type) {
	case *syncMap:
		return run(t, ops)
	case *mutexMap:
		return run(t, ops)
	case *rwMap:
		return run(t, ops)
	default:
		return run(m.(*copyMap), ops)
	}
}

// ---- loads ----

type part struct {
	keys, thread, threads int
	random                *rand.Rand
}

func scatter(z uint64) uint64 {
	z += 0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func operation(k kind, key int, p part) op { return op{scatter(uint64(key)), k, p.random.Uint32() | 1} }

func uniform(p part) int { return p.random.Intn(p.keys) }
func ownPart(p part) int { return p.random.Intn(p.keys/p.threads+1)*p.threads + p.thread }

var zipfSums = map[int][]float64{}

func zipf(p part) int {
	sums, found := zipfSums[p.keys]
	if !found {
		total := 0.0
		for i := 0; i < p.keys; i++ {
			total += 1 / math.Pow(float64(i+1), 0.99)
			sums = append(sums, total)
		}
		zipfSums[p.keys] = sums
	}
	return sort.SearchFloat64s(sums, p.random.Float64()*sums[p.keys-1])
}

func mix(p part, loads int, erases bool, pick func(part) int) []op {
	n := 4 * p.keys
	if n < 1<<14 {
		n = 1 << 14
	} else if n > 1<<17 {
		n = 1 << 17
	}
	ops := make([]op, n)
	for i := range ops {
		k := store
		if p.random.Intn(100) < loads {
			k = load
		} else if erases && p.random.Intn(2) == 0 {
			k = erase
		}
		ops[i] = operation(k, pick(p), p)
	}
	return ops
}

func withSome(p part, k kind, each int, ops []op) []op {
	for i := range ops {
		if (i+p.thread)%each == each-1 {
			ops[i] = op{0, k, 0}
		}
	}
	return ops
}

func allOf(p part, k kind) (ops []op) {
	for i := p.thread; i < p.keys; i += p.threads {
		ops = append(ops, operation(k, i, p))
	}
	p.random.Shuffle(len(ops), func(i, j int) { ops[i], ops[j] = ops[j], ops[i] })
	return ops
}

type loadCase struct {
	name               string
	ops                func(p part) []op
	needs              kind
	empty, once, first bool
}

func allCases() (all []loadCase) {
	for _, loads := range []int{100, 99, 95, 90, 70, 50, 0} {
		loads := loads
		all = append(all,
			loadCase{name: fmt.Sprint("uniform ", loads), ops: func(p part) []op { return mix(p, loads, false, uniform) }},
			loadCase{name: fmt.Sprint("zipf ", loads), ops: func(p part) []op { return mix(p, loads, false, zipf) }})
	}
	for _, loads := range []int{90, 50, 0} {
		loads := loads
		all = append(all, loadCase{name: fmt.Sprint("churn ", loads), ops: func(p part) []op {
			p.keys *= 2
			return mix(p, loads, true, uniform)
		}})
	}
	all = append(all,
		loadCase{name: "insert", ops: func(p part) []op { return allOf(p, store) }, empty: true, once: true},
		loadCase{name: "delete", ops: func(p part) []op { return allOf(p, erase) }, once: true},
		loadCase{name: "count", ops: func(p part) []op { return withSome(p, length, 1, mix(p, 100, false, uniform)) },
			needs: length},
		loadCase{name: "disjoint 50", ops: func(p part) []op { return mix(p, 50, false, ownPart) }},
		loadCase{name: "add, read, delete", empty: true, ops: func(p part) (ops []op) {
			for _, k := range []kind{store, load, erase} {
				for i := 0; i < p.keys; i++ {
					ops = append(ops, operation(k, i, p))
				}
			}
			return ops
		}},
		loadCase{name: "range beside writes", first: true, ops: func(p part) []op {
			if p.thread == 0 {
				return []op{{0, ranged, 0}}
			}
			return mix(p, 0, false, uniform)
		}},
		loadCase{name: "replace all", needs: replace, ops: func(p part) []op { return []op{{uint64(p.keys), replace, 0}} }})
	for _, writes := range []int{1, 10, 100, 1000, 10000} {
		writes := writes
		all = append(all, loadCase{name: fmt.Sprintf("a view each %d writes", writes), needs: view,
			ops: func(p part) []op { return withSome(p, view, writes+1, mix(p, 0, false, uniform)) }})
	}
	return all
}

// ---- measuring ----

var (
	cases    = flag.String("cases", "", "regular expression")
	only     = flag.String("peers", "", "regular expression")
	keyList  = flag.String("keys", "16,100,1000,100000", "")
	threads  = flag.String("threads", "1,2,4,8", "")
	rounds   = flag.Int("rounds", 5, "")
	interval = flag.Float64("ms", 50, "")
	counts   = flag.Bool("counts", false, "")
)

var sink atomic.Uint64

func prepared(p peer, c loadCase, keys int) shared {
	m := p.make()
	if r, copies := m.(*copyMap); copies && !c.empty {
		r.replace(uint64(keys))
	} else if !c.empty {
		runAny(m, allOf(part{keys, 0, 1, rand.New(rand.NewSource(1))}, store))
	}
	return m
}

// Operations done, and seconds.
func together(m shared, c loadCase, lists [][]op) (int, float64) {
	var state atomic.Int32
	var all sync.WaitGroup
	done := make([]int, len(lists))
	ends := make([]time.Time, len(lists))
	for i := range lists {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			ops, at, n, s := lists[i], 0, 0, uint64(0)
			for state.Load() == 0 {
				runtime.Gosched()
			}
			for state.Load() == 1 || c.once {
				step := 256
				if _, copies := m.(*copyMap); copies {
					step = 4
				}
				if step > len(ops)-at {
					step = len(ops) - at
				}
				s += runAny(m, ops[at:at+step])
				at += step
				n += step
				if at == len(ops) {
					if c.once {
						break
					}
					at = 0
				}
			}
			done[i], ends[i] = n, time.Now()
			sink.Add(s)
		}(i)
	}
	time.Sleep(time.Millisecond)
	start := time.Now()
	state.Store(1)
	if !c.once {
		time.Sleep(time.Duration(*interval * 1e6))
		state.Store(2)
	}
	all.Wait()
	n, end := 0, start
	for i := range done {
		if ends[i].After(end) {
			end = ends[i]
		}
		if i == 0 || !c.first {
			n += done[i]
		}
	}
	return n, end.Sub(start).Seconds()
}

// What is gone through once, on how many maps: beside few keys, beginning takes long.
const mostTimes = 50

func measure(p peer, c loadCase, keys int, lists [][]op) {
	n, took := 0, 0.0
	for times := 0; times == 0 || c.once && took < *interval/1e3 && times < mostTimes; times++ {
		m := prepared(p, c, keys)
		runtime.GC()
		some, seconds := together(m, c, lists)
		n, took = n+some, took+seconds
	}
	cores := math.Min(float64(len(lists)), float64(runtime.NumCPU()))
	fmt.Printf("{\"peer\": %q, \"case\": %q, \"keys\": %d, \"threads\": %d, \"ns\": %.3f, \"mops\": %.4f}\n", p.name, c.name,
		keys, len(lists), took*1e9*cores/float64(n), float64(n)/took*1e-6)
}

func count(p peer, c loadCase, keys int, ops []op) {
	m := prepared(p, c, keys)
	if len(ops) > 2000 {
		ops = ops[:2000]
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	runAny(m, ops)
	runtime.ReadMemStats(&after)
	n := float64(len(ops))
	fmt.Printf("{\"peer\": %q, \"case\": %q, \"keys\": %d, \"threads\": 1, \"allocs\": %.3f, \"bytes\": %.1f}\n", p.name, c.name,
		keys, float64(after.Mallocs-before.Mallocs)/n, float64(after.TotalAlloc-before.TotalAlloc)/n)
}

func numbers(list string) (all []int) {
	for _, s := range strings.Split(list, ",") {
		n, err := strconv.Atoi(s)
		if err != nil {
			panic(err)
		}
		all = append(all, n)
	}
	return all
}

func main() {
	flag.Parse()
	wanted, by := regexp.MustCompile(*cases), regexp.MustCompile(*only)
	threadCounts := numbers(*threads)
	if *counts {
		threadCounts, *rounds = []int{1}, 1
	}
	for _, c := range allCases() {
		if !wanted.MatchString(c.name) {
			continue
		}
		for _, keys := range numbers(*keyList) {
			for _, n := range threadCounts {
				var lists [][]op
				for t := 0; t < n; t++ {
					lists = append(lists, c.ops(part{keys, t, n, rand.New(rand.NewSource(int64(t + 1000*keys)))}))
				}
				for round := 0; round < *rounds; round++ {
					for _, p := range peers {
						if _, copies := p.make().(*copyMap); copies && c.once && keys > 1000 {
							continue // minutes
						}
						if !by.MatchString(p.name) || !can(p.make(), c.needs) {
							continue
						}
						if *counts {
							count(p, c, keys, lists[0])
						} else {
							measure(p, c, keys, lists)
						}
					}
				}
			}
		}
	}
}
