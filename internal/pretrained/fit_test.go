package pretrained

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"cnntrain/internal/checkpoint"
)

// PyTorch flattens maps [C H W], Keras [H W C]. Where flattened maps are concatenated, each is turned
// by itself and what is flat stays. A bias stays, also with as many values.
func TestRowsOfFlattenedMapsAreTurned(t *testing.T) {
	for layers, want := range map[string][]float32{
		"- flatten":              {0, 2, 4, 1, 3, 5},
		"- reshape: [-1]":        {0, 2, 4, 1, 3, 5},
		"- flatten\n  - flatten": {0, 2, 4, 1, 3, 5},
		"- permute: [3, 1, 2]\n  - relu\n  - flatten":                                             {0, 1, 2, 3, 4, 5},
		"- concatenate: [[flatten], [global_average_pooling2d], [relu, flatten, tanh]]\n  - relu": {0, 2, 4, 1, 3, 5, 6, 7, 8, 9, 11, 13, 10, 12, 14},
	} {
		n := newNet(t, fmt.Sprintf("input: [1, 2, 3]\ndata: {dataset: shapes}\nlayers:\n  %s\n  - dense: {units: %d, activation: softmax}\n", layers, len(want)))
		f := &File{Format: PyTorch}
		f.addIndices("fc", "weight", len(want), len(want))
		f.addIndices("fc", "bias", len(want))
		if err := f.Assign(n.interop()).Load(); err != nil {
			t.Fatal(err)
		}
		kernel, bias := n.Weights()[0].Data, n.Weights()[1].Data
		for row, from := range want {
			if kernel[len(want)*row] != from || bias[row] != float32(row) {
				t.Errorf("%s: row %d is column %g in PyTorch, want %g; its bias is value %g", layers, row, kernel[len(want)*row], from, bias[row])
			}
		}
	}
}

// LayerNorm([C, H, W]) is turned to [H, W, C]; [H, W, C] of another program is not taken.
func TestLayerNormsOfMapsAreTurned(t *testing.T) {
	n := newNet(t, "input: [2, 2, 3]\ndata: {dataset: shapes}\nlayers:\n  - layer_normalization: {axis: [1, 2, 3]}\n  - flatten\n  - softmax\n")
	f, other := &File{Format: PyTorch}, &File{Format: PyTorch}
	for _, name := range []string{"weight", "bias"} {
		f.addIndices("norm", name, 3, 2, 2)
		other.addIndices("norm", name, 2, 2, 3)
	}
	if err := f.Assign(n.interop()).Load(); err != nil {
		t.Fatal(err)
	}
	for _, w := range n.Weights() {
		if want := []float32{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}; !slices.Equal(w.Data, want) {
			t.Errorf("%s has the values %v of PyTorch, want %v", w.Name, w.Data, want)
		}
	}
	if a := other.Assign(n.interop()); a.found != 0 {
		t.Error("[2, 2, 3] was taken for [3, 2, 2]")
	}
}

// addIndices adds a tensor whose values are their indices.
func (f *File) addIndices(layer, name string, shape ...int) {
	f.add(layer, name, 0, shape...)
	t := &f.Tensors[len(f.Tensors)-1]
	zeros := t.Read
	t.Read = func() ([]float32, error) {
		values, err := zeros()
		for i := range values {
			values[i] = float32(i)
		}
		return values, err
	}
}

// The count of Keras's Normalization is an integer without a shape.
func TestTheCountOfANormalizationIsNotRead(t *testing.T) {
	for _, names := range [][]string{{"0", "1", "2"}, {"mean", "variance", "count"}} {
		n := newNet(t, "input: [2, 2, 3]\ndata: {dataset: shapes}\nlayers:\n  - normalization\n  - flatten\n  - dense: {units: 3, activation: softmax}\n")
		f := &File{Format: Keras}
		f.add("normalization_7", names[0], 3, 3)
		f.add("normalization_7", names[1], 4, 3)
		f.Tensors = append(f.Tensors, checkpoint.Stored{Name: "normalization_7/" + names[2], Read: func() ([]float32, error) { return nil, errors.New("an integer") }})
		a := f.Assign(n.interop())
		if err := a.Load(); err != nil {
			t.Fatal(err)
		}
		if w := n.Weights(); a.found != 1 || w[0].Data[0] != 3 || w[1].Data[0] != 4 || w[2].Data[0] != 0 {
			t.Errorf("%d layers have weights; the mean is %v, the variance %v, the count %v", a.found, w[0].Data, w[1].Data, w[2].Data)
		}
	}
}

// PReLU(channels) is that with one slope for each channel here, and PReLU() that with one for all.
func TestSlopesOfPReLUAreThoseOfChannels(t *testing.T) {
	for layer, want := range map[string]map[int]bool{"prelu: {shared_axes: [1, 2]}": {1: false, 3: true}, "prelu: {shared_axes: [1, 2, 3]}": {1: true, 3: false}, "prelu": {1: false, 3: false}} {
		for slopes, fits := range want {
			n := newNet(t, fmt.Sprintf("input: [2, 2, 3]\ndata: {dataset: shapes}\nlayers:\n  - %s\n  - flatten\n  - softmax\n", layer))
			f := &File{Format: PyTorch}
			f.addIndices("act", "weight", slopes)
			a := f.Assign(n.interop())
			if (a.found == 1) != fits {
				t.Errorf("%d slopes for %s: %d layers have weights", slopes, layer, a.found)
			}
			if err := a.Load(); err != nil || fits && n.Weights()[0].Data[slopes-1] != float32(slopes-1) {
				t.Errorf("slopes %v (%v)", n.Weights()[0].Data, err)
			}
		}
	}
}
