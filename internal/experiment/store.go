package experiment

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"cnntrain/internal/builder"
	"cnntrain/internal/data/imagecache"
	"cnntrain/internal/train"
	"cnntrain/internal/words"
)

// defaultFrozenMemory is the memory for outputs of frozen layers: 200,000 images of 1,280 values.
const defaultFrozenMemory = 1 << 30

// frozenMemory returns how many bytes of memory the outputs of frozen layers may take in each of
// several processes: as given, or by $CNNTRAIN_FROZEN_MEMORY, or a part of a quarter of what there
// is, up to defaultFrozenMemory.
func frozenMemory(given string, processes int) (int64, error) {
	name := "--frozen-memory"
	if given == "" {
		name, given = "CNNTRAIN_FROZEN_MEMORY", os.Getenv("CNNTRAIN_FROZEN_MEMORY")
	}
	if given != "" {
		n, err := parseBytes(given)
		if err != nil {
			return 0, OptionError{fmt.Errorf("%s: %w", name, err)}
		}
		return n, nil
	}
	most := min(defaultFrozenMemory, debug.SetMemoryLimit(-1)/4)
	if total := TotalMemory(); total > 0 {
		most = min(most, total/4/int64(processes))
	}
	return most, nil
}

// A store keeps the outputs of frozen layers like decoded images: in memory, and what is too much
// for that in the folder of the image cache, within its limit.
type store struct {
	cache *imagecache.Cache
	of    [sha256.Size]byte // everything that determines the outputs besides the image
}

func (s *store) key(k train.StoreKey) imagecache.Key {
	b := s.of[:]
	val := uint64(0)
	if k.Val {
		val = 1
	}
	for _, v := range []uint64{val, uint64(k.Index), uint64(k.Copy)} {
		b = binary.LittleEndian.AppendUint64(b[:len(b):len(b)], v)
	}
	return sha256.Sum256(b)
}

func (s *store) Get(k train.StoreKey, outputs []float32) bool { return s.cache.Get(s.key(k), outputs) }
func (s *store) Put(k train.StoreKey, outputs []float32)      { s.cache.Put(s.key(k), outputs) }

// openStore returns the store for the layers of a plan that are computed once, and says so in a
// few words; nil if they are computed in every epoch.
func (f *fit) openStore(p *builder.Plan) (train.Store, string) {
	frozen, why := p.Frozen()
	if frozen == nil {
		return nil, "computed in every epoch: " + why
	}
	if f.memory == 0 {
		return nil, "computed in every epoch: memory for them is 0"
	}
	images := f.sets.Train.Len() * max(1, frozen.Copies)
	if f.sets.Val != nil {
		images += f.sets.Val.Len()
	}
	bytes := int64(images) * int64(frozen.Values) * 4
	o := imagecache.Options{Memory: f.memory}
	s, where := &store{}, fmt.Sprintf("%s of memory", words.Size(min(bytes, f.memory)))
	shared := several(f.options.World) // each epoch gives a rank images that others had before
	if bytes > f.memory || shared {
		disk, err := ImageCache()
		if err == nil && disk.Dir != "" && disk.MaxBytes > 0 {
			if s.of, err = f.frozenDigest(p, frozen); err == nil {
				o.Dir, o.MaxBytes = disk.Dir, disk.MaxBytes
				where += fmt.Sprintf(" and %s of %s", words.Size(min(bytes, o.MaxBytes)), o.Dir)
				if shared {
					where += ", for all ranks that have this folder"
				}
			}
		}
		switch {
		case err != nil:
			where += fmt.Sprintf(" (%v)", err)
		case max(o.MaxBytes, f.memory) < bytes:
			where += fmt.Sprintf("; they are %s, so some are computed in every epoch", words.Size(bytes))
		}
	}
	s.cache = imagecache.New(o)
	values := words.Commas(frozen.Values) + " values"
	if frozen.Values == 1 {
		values = "1 value"
	}
	copies := ""
	if frozen.Copies > 0 {
		copies = fmt.Sprintf(" for each of %d augmented copies", frozen.Copies)
	}
	return s, fmt.Sprintf("computed once up to %s: %s per image%s, kept in %s", frozen.Until, values, copies, where)
}

// frozenDigest is a digest of what determines the outputs of the frozen layers: the program, the
// kernels, the spec without the train section (but for the convolution), the seed, the weights and the data. Much of it
// changes other things too, but then it is only computed again.
func (f *fit) frozenDigest(p *builder.Plan, of *builder.Frozen) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	file, err := os.Executable()
	if err != nil {
		return sum, err
	}
	program, err := fileDigest(file)
	if err != nil {
		return sum, err
	}
	resolved, err := f.Spec.Resolved()
	if err != nil {
		return sum, err
	}
	text, _, _ := strings.Cut(string(resolved), "\ntrain:\n")
	fmt.Fprintln(h, program, ThisMachine().Kernels, p.Convolution, f.Train.Seed, f.sets.Digest, of.Until, of.Values, text)
	trained := map[string]bool{} // layers
	for _, name := range p.Trained() {
		layer, _, _ := strings.Cut(name, "/")
		trained[layer] = true
	}
	for _, w := range f.model.Weights() {
		if layer, _, _ := strings.Cut(w.Name, "/"); !trained[layer] {
			fmt.Fprintln(h, w.Name)
			for some := range slices.Chunk(w.Data, 1<<14) {
				_ = binary.Write(h, binary.LittleEndian, some) // a hash takes all
			}
		}
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}
