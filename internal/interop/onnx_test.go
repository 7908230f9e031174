package interop

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/builder"
	"cnntrain/internal/spec"

	"google.golang.org/protobuf/encoding/protowire"
)

// planned returns the model of a spec, with its initial weights.
func planned(t *testing.T, doc string) *Model {
	t.Helper()
	var problems spec.Problems
	s := spec.Parse("test.yaml", []byte(doc), nil, &problems)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	p := builder.NewPlan(s, &problems)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return NewModel(s, p, p.NewModel(0).Weights())
}

// onnxNodes returns the nodes of a layer in an exported file: the operators with their integers,
// which are axes, and with those of their inputs, which are shapes.
func onnxNodes(t *testing.T, m *Model, label string) (nodes []string) {
	t.Helper()
	var b bytes.Buffer
	if err := WriteONNX(&b, m); err != nil {
		t.Fatal(err)
	}
	integers := map[string][]int{} // of constants by name
	fields(t, bytesOf(t, b.Bytes(), modelGraph), func(field protowire.Number, v []byte) {
		switch field {
		case graphTensor:
			if slices.Equal(integersOf(t, v, tensorType), []int{typeInt64}) {
				var values []int
				for raw := bytesOf(t, v, tensorRaw); len(raw) > 0; raw = raw[8:] {
					values = append(values, int(binary.LittleEndian.Uint64(raw)))
				}
				integers[string(bytesOf(t, v, tensorName))] = values
			}
		case graphNode:
			if !strings.HasPrefix(string(bytesOf(t, v, nodeName)), label+"/") {
				return
			}
			node := string(bytesOf(t, v, nodeOp))
			fields(t, v, func(field protowire.Number, v []byte) {
				values := integers[string(v)]
				if field == nodeAttribute {
					values = integersOf(t, v, attributeInts)
				}
				if values != nil {
					node += fmt.Sprint(" ", values)
				}
			})
			nodes = append(nodes, node)
		}
	})
	return nodes
}

// bytesOf returns the bytes of a field of a message.
func bytesOf(t *testing.T, m []byte, want protowire.Number) (value []byte) {
	fields(t, m, func(field protowire.Number, v []byte) {
		if field == want {
			value = v
		}
	})
	return value
}

// integersOf returns the integers of a field of a message.
func integersOf(t *testing.T, m []byte, want protowire.Number) (list []int) {
	for len(m) > 0 {
		field, kind, n := protowire.ConsumeTag(m)
		size := protowire.ConsumeFieldValue(field, kind, m[max(0, n):])
		if n < 0 || size < 0 {
			t.Fatal("damaged")
		}
		if field == want && kind == protowire.VarintType {
			v, _ := protowire.ConsumeVarint(m[n:])
			list = append(list, int(v))
		}
		m = m[n+size:]
	}
	return list
}

// The operators of ONNX have channels in the axis after the batch, and onnxruntime has LRN for maps
// alone.
func TestNormalizationsInONNXFindTheChannelsOfAnyShape(t *testing.T) {
	for shape, want := range map[string][3]string{
		"[24]": {
			"BatchNormalization",
			"Reshape [0 2 -1], InstanceNormalization, Reshape [0 24], Mul, Add",
			"Reshape [0 24 -1 1], LRN, Reshape [0 24]",
		},
		"[6, 4]": {
			"Transpose [0 2 1], BatchNormalization, Transpose [0 2 1]",
			"Transpose [0 2 1], Reshape [0 2 -1], InstanceNormalization, Reshape [0 4 6], Mul, Add, Transpose [0 2 1]",
			"Transpose [0 2 1], Reshape [0 4 -1 1], LRN, Reshape [0 4 6], Transpose [0 2 1]",
		},
		"[3, 2, 4]": {
			"Transpose [0 3 1 2], BatchNormalization",
			"Transpose [0 3 1 2], Reshape [0 2 -1], InstanceNormalization, Reshape [0 4 3 2], Mul, Add",
			"Transpose [0 3 1 2], LRN",
		},
	} {
		for i, layer := range []string{"batch_normalization", "group_normalization: {groups: 2}", "local_response_normalization"} {
			m := planned(t, "name: m\ninput: [4, 3, 2]\nlayers: [reshape: "+shape+", "+layer+", flatten, softmax]")
			label, _, _ := strings.Cut(layer, ":")
			if got := strings.Join(onnxNodes(t, m, label), ", "); got != want[i] {
				t.Errorf("%s of %s:\ngot  %s\nwant %s", label, shape, got, want[i])
			}
		}
	}
}

// onnxruntime rounds sizes from scales down: 31/28 of 28 pixels are 30 for it. A product with a matrix
// has the rows and columns of the matrix.
func TestRandomCropInONNXHasItsSize(t *testing.T) {
	for size, want := range map[string]string{
		"height: 31, width: 31": "Transpose [0 3 1 2], Slice [0 0] [28 28] [2 3], MatMul, MatMul",
		"height: 28, width: 28": "Transpose [0 3 1 2], Slice [0 0] [28 28] [2 3]",
		"height: 14, width: 28": "Transpose [0 3 1 2], Slice [7 0] [21 28] [2 3]",
		"height: 24, width: 36": "Transpose [0 3 1 2], Slice [5 0] [23 28] [2 3], MatMul, MatMul",
	} {
		m := planned(t, "name: m\ninput: [28, 28, 1]\nlayers: [random_crop: {"+size+"}, flatten, softmax]")
		if got := strings.Join(onnxNodes(t, m, "random_crop"), ", "); got != want {
			t.Errorf("%s: got %s, want %s", size, got, want)
		}
	}
}

// Programs ask for the output by its name.
func TestTheOutputInONNXIsCalledProbabilities(t *testing.T) {
	for _, label := range []string{"probabilities", "head"} {
		var b bytes.Buffer
		if err := WriteONNX(&b, planned(t, "name: m\ninput: [2, 2, 3]\nlayers: [flatten, dense: {units: 3, activation: softmax, name: "+label+"}]")); err != nil {
			t.Fatal(err)
		}
		if got := string(bytesOf(t, bytesOf(t, bytesOf(t, b.Bytes(), modelGraph), graphOutput), 1)); got != "probabilities" {
			t.Errorf("the output of a model that ends in the layer %s is %s", label, got)
		}
	}
}
