package internal

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"cnntrain/internal/train"
)

// A shelf is a store that refuses some images, and counts those it has found.
type shelf struct {
	mu           sync.Mutex
	outputs      map[train.StoreKey][]float32
	refuses      int // every so many images; 0: none
	found, asked int
}

func (s *shelf) Get(k train.StoreKey, outputs []float32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	have, ok := s.outputs[k]
	copy(outputs, have)
	if ok {
		s.found++
	}
	return ok
}

func (s *shelf) Put(k train.StoreKey, outputs []float32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outputs[k] != nil {
		panic(fmt.Sprintf("%+v is computed twice", k))
	}
	if s.refuses == 0 || k.Index%s.refuses > 0 {
		s.outputs[k] = slices.Clone(outputs)
	}
}

// frozenBases is models with bases of all kinds: their outputs are one layer, several, and the
// images themselves; layers behind them use few pixels, random numbers and moving averages.
var frozenBases = map[string]string{
	"chain": `
  - rescaling: 1/255
  - conv2d: {filters: 130, kernel_size: 3, strides: 4, trainable: false}
  - batch_normalization: {trainable: false}
  - relu
  - conv2d: {filters: 130, kernel_size: 2, padding: same, trainable: false}
  - max_pooling2d
  - flatten
  - dense: {units: 1100, activation: relu, trainable: false}
  - dense: {units: 60, trainable: false}
  - dropout: 0.3
`,
	"branches": `
  - conv2d: {filters: 6, kernel_size: 3, trainable: false, name: stem}
  - add:
      - [trainable: false, conv2d: {filters: 6, kernel_size: 3, padding: same}, batch_normalization]
      - [conv2d: {filters: 6, kernel_size: 1}]
      - []
  - concatenate: [[], [from: stem, relu], [from: input, center_crop: {height: 6, width: 6}]]
  - batch_normalization
  - flatten
`,
	"images": `
  - concatenate: [[trainable: false, conv2d: {filters: 4, kernel_size: 3}, zero_padding2d: 1], [conv2d: {filters: 2, kernel_size: 1}]]
  - global_average_pooling2d
`,
	"augmented": `
  - random_flip: horizontal
  - random_translation: {height_factor: 0.2, width_factor: 0.2}
  - random_crop: {height: 7, width: 7}
  - rescaling: 1/255
  - conv2d: {filters: 6, kernel_size: 3, trainable: false}
  - relu
  - flatten
`,
}

func frozenSpec(name string) string {
	copies := ""
	if name == "augmented" {
		copies = "augment_copies: 2, "
	}
	return "\ninput: [8, 8, 3]\nlayers:" + frozenBases[name] + `  - dense: {units: 12, activation: relu}
  - batch_normalization: {sync: true}
  - dense: {units: 3, activation: softmax}
train: {` + copies + `epochs: 4, batch_size: 12, optimizer: {adam: 0.01}, metrics: [accuracy], fine_tune: {frozen_epochs: 3, learning_rate: 0.001}}
`
}

// Training with outputs of the base from a store has the bytes of one that computes them in every
// epoch: also if the store has some of them only, on several ranks and from any state on.
func TestWhatIsComputedOnceChangesNothing(t *testing.T) {
	every = 1
	defer func() { every, newStore = 0, nil }()
	for name := range frozenBases {
		for _, ranks := range []int{1, 3} {
			text := frozenSpec(name)
			newStore = nil
			whole := trainOn(t, ranks, text, nil)
			if whole[0].err != nil {
				t.Fatal(whole[0].err)
			}
			for _, refuses := range []int{0, 3} {
				shelves := make(chan *shelf, 100)
				newStore = func() train.Store {
					s := &shelf{outputs: map[train.StoreKey][]float32{}, refuses: refuses}
					shelves <- s
					return s
				}
				check := func(what string, got []*history) {
					for r, h := range got {
						if h.err != nil || distance(h.weights, whole[r].weights) != 0 || !slices.Equal(h.logs, whole[r].logs) {
							t.Errorf("%s on %d ranks, %s, refusing %d: %v, weights off by %g, %v and not %v", name, ranks, what, refuses, h.err, distance(h.weights, whole[r].weights), h.logs, whole[r].logs)
						}
					}
				}
				again := trainOn(t, ranks, text, nil)
				check("whole", again)
				if !slices.Equal(again[0].losses, whole[0].losses) {
					t.Errorf("%s on %d ranks: other losses", name, ranks)
				}
				if s := <-shelves; ranks == 1 && refuses == 0 && s.found != expected(name) {
					t.Errorf("%s: %d of %d outputs were found, want %d", name, s.found, s.asked, expected(name))
				}
				if saved := whole[0].saved; refuses == 0 {
					for i := 0; i < len(saved)-1; i += 3 {
						check(fmt.Sprint("from state ", i), trainOn(t, ranks, text, saved[i]))
					}
				}
			}
		}
	}
}

// expected is how many outputs are found in three epochs of 40 training and 9 validation examples.
func expected(name string) int {
	if strings.HasPrefix(name, "augmented") {
		return 40 + 2*9 // the third epoch has the copies of the first one
	}
	return 2 * (40 + 9)
}
