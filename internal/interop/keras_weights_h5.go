package interop

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop/hdf5"
)

// WriteKerasWeights writes the weights as a .weights.h5 file, which Model.load_weights of
// tf.keras 2.15 and of Keras 3 opens: keras/src/saving/saving_lib.py.
//
//	/layers/CLASS/vars  name; the datasets 0, 1 and so on
//
// CLASS is the layer's class in snake_case, and counts up from the second layer of
// a class: conv2d, conv2d_1.
func WriteKerasWeights(w io.Writer, m *Model) error {
	return hdf5.Write(w, m.inKerasOrder().weightsTree())
}

func (m *Model) weightsTree() *hdf5.Group {
	root := hdf5.NewGroup()
	root.Make("vars").Attributes["name"] = m.Name
	layers := root.Make("layers")
	paths := classPaths{}
	for _, l := range m.Layers {
		vars := layers.Make(paths.next(l.Type)).Make("vars")
		vars.Attributes["name"] = l.Label
		for i, t := range l.Weights {
			vars.Datasets[strconv.Itoa(i)] = l.dataset(i, t)
		}
	}
	return root
}

// The third weight of Keras's Normalization is a count, an integer that it no longer uses.
const (
	CountName = "count"
	countOf   = 2
)

// noCount is what is read in place of a count.
var noCount = checkpoint.Tensor{Shape: []int{1}, Data: []float32{0}}

// dataset is a weight as Keras has it.
func (l *Layer) dataset(i int, t checkpoint.Tensor) *hdf5.Dataset {
	if l.Own[i].Name == CountName {
		return hdf5.NewCount(0)
	}
	return dataset(t)
}

// classPaths counts the layers of each class.
type classPaths map[string]int

// next returns the path of the next layer of a class.
func (c classPaths) next(class string) string {
	path := snakeCase(class)
	n := c[path]
	c[path]++
	if n > 0 {
		return fmt.Sprintf("%s_%d", path, n)
	}
	return path
}

var (
	word  = regexp.MustCompile(`(.)([A-Z][a-z]+)`)
	upper = regexp.MustCompile(`([a-z])([A-Z])`)
)

// snakeCase is to_snake_case of keras/src/utils/naming.py: Conv2D is conv2d, ReLU re_lu.
func snakeCase(class string) string {
	class = word.ReplaceAllString(class, "${1}_$2")
	return strings.ToLower(upper.ReplaceAllString(class, "${1}_$2"))
}
