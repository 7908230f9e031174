package pretrained

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/checkpoint"
)

// A block and its shortcut, whose last convolution has the shape of the shortcut's. The spec and
// the file may name either first, in every format.
func TestShortcutsGetTheirOwnWeights(t *testing.T) {
	const block = `
          - - conv2d: {filters: 2, kernel_size: 1, use_bias: false, name: one}
            - batch_normalization: {name: one_norm}
            - relu
            - conv2d: {filters: 5, kernel_size: 1, use_bias: false, name: two}
            - batch_normalization: {name: two_norm}`
	const shortcut = `
          - - conv2d: {filters: 5, kernel_size: 1, use_bias: false, name: side}
            - batch_normalization: {name: side_norm}`
	const shape = 2 // of the input of both, so that two and side have one shape
	files := map[string]struct {
		format Format
		names  []string // of side, its norm, one, its norm, two, its norm
	}{
		"torchvision, .pth":  {PyTorch, []string{"l.0.downsample.0", "l.0.downsample.1", "l.0.conv1", "l.0.bn1", "l.0.conv2", "l.0.bn2"}},
		"torchvision":        {Safetensors, []string{"l.0.downsample.0", "l.0.downsample.1", "l.0.conv1", "l.0.bn1", "l.0.conv2", "l.0.bn2"}},
		"RegNet, .pth":       {PyTorch, []string{"b.proj.0", "b.proj.1", "b.f.a.0", "b.f.a.1", "b.f.b.0", "b.f.b.1"}},
		"keras.applications": {Keras, []string{"conv2_block1_0_conv", "conv2_block1_0_bn", "conv2_block1_1_conv", "conv2_block1_1_bn", "conv2_block1_2_conv", "conv2_block1_2_bn"}},
	}
	for name, c := range files {
		f := &File{Path: name, Format: c.format}
		for _, i := range []int{0, 1, 2, 3, 4, 5} {
			out, in := 5, shape
			if i/2 == 1 {
				out = 2
			}
			if i%2 == 1 {
				for _, part := range []string{"gamma", "beta", "moving_mean", "moving_variance"} {
					if c.format != Keras {
						part = torchNames[part][0]
					}
					f.add(c.names[i], part, float32(i), out)
				}
			} else if c.format == Keras {
				f.add(c.names[i], "kernel", float32(i), 1, 1, in, out)
			} else {
				f.add(c.names[i], "weight", float32(i), out, in, 1, 1)
			}
		}
		for _, order := range [][2]string{{block, shortcut}, {shortcut, block}} {
			t.Run(fmt.Sprintf("%s/%v", name, order[0] == block), func(t *testing.T) {
				n := newNet(t, "input: [4, 4, 2]\ndata: {dataset: shapes}\nlayers:\n      - add:"+order[0]+order[1]+"\n      - flatten\n      - dense: {units: 2, activation: softmax}\n")
				a := f.Assign(n.interop())
				if err := a.Load(); err != nil {
					t.Fatal(err)
				}
				for _, w := range n.Weights() {
					at := slices.Index([]string{"side", "side_norm", "one", "one_norm", "two", "two_norm"}, strings.Split(w.Name, "/")[0])
					if at >= 0 && w.Data[0] != float32(at) {
						t.Errorf("%s has the weights of %s", w.Name, c.names[int(w.Data[0])])
					}
				}
			})
		}
	}
}

// add adds a tensor whose values are all v.
func (f *File) add(layer, name string, v float32, shape ...int) {
	n := 1
	for _, d := range shape {
		n *= d
	}
	separator := "/"
	if f.Format.channelsFirst() {
		separator = "."
	}
	f.Tensors = append(f.Tensors, checkpoint.Stored{
		Name: layer + separator + name, Shape: shape, Type: checkpoint.DTypes["F32"],
		Read: func() ([]float32, error) { return slices.Repeat([]float32{v}, n), nil },
	})
}

// In a DenseNet of keras.applications the first layer of a block is called 0_bn, and is none of
// a shortcut.
func TestNormsOfDenseNetsStayFirst(t *testing.T) {
	var all []*module
	for _, name := range []string{"conv1/conv", "conv2_block1_0_bn", "conv2_block1_1_conv", "conv2_block2_0_bn", "conv2_block2_1_conv"} {
		all = append(all, &module{name: name})
	}
	for i, m := range shortcutsLast(slices.Clone(all)) {
		if m != all[i] {
			t.Errorf("module %d is %s, not %s", i, m.name, all[i].name)
		}
	}
}
