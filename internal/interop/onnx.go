package interop

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"cnntrain/internal/spec"

	"google.golang.org/protobuf/encoding/protowire"
)

// The versions of exported files, see
// https://github.com/onnx/onnx/blob/main/docs/Versioning.md: opset 17 belongs to IR version
// 8.
const (
	onnxOpset = 17
	onnxIR    = 8
)

// WriteONNX writes the model as ONNX: the input is images [batch, H, W, C], float32 from 0
// to 255, the output probabilities [batch, classes]. Internally maps are [N, C, H, W], as
// ONNX requires. Layers that act only in training are omitted. The metadata has the shape
// of an image, and the names of the classes if known, as JSON lists.
func WriteONNX(w io.Writer, m *Model) error {
	images := onnxValue{at: "images"}
	g := &onnxGraph{onnxValue: images}
	outputs := make([]onnxValue, len(m.Layers))
	for i, l := range m.Layers {
		add, ok := onnxLayers[l.Name]
		if !ok {
			return fmt.Errorf("%s: ONNX export has no %s yet", l.Label, l.Name)
		}
		g.layer, g.inputs = l.Label, nil
		for _, in := range m.inputs(i) {
			if in == spec.Images {
				g.inputs = append(g.inputs, images)
			} else {
				g.inputs = append(g.inputs, outputs[in])
			}
		}
		g.onnxValue = g.inputs[0]
		add(g, &l)
		outputs[i] = g.onnxValue
	}
	g.layer = "" // names the output
	g.emit("Identity", nil)
	g.value(graphInput, "images", m.Input...)
	g.value(graphOutput, g.at, m.Layers[len(m.Layers)-1].Out...)
	g.text(graphName, m.Name)
	meta := map[string]any{"input_shape": m.Input}
	if m.Classes != nil {
		meta["classes"] = m.Classes
	}
	return g.write(w, meta)
}

// Field numbers of onnx.proto.
const (
	modelIR, modelProducer, modelGraph, modelOpset, modelMetadata = 1, 2, 7, 8, 14

	metadataKey, metadataValue = 1, 2

	graphNode, graphName, graphTensor, graphInput, graphOutput = 1, 2, 5, 11, 12

	nodeInput, nodeOutput, nodeName, nodeOp, nodeAttribute = 1, 2, 3, 4, 5

	attributeName, attributeFloat, attributeInt, attributeText, attributeInts, attributeType = 1, 2, 3, 4, 8, 20

	tensorDims, tensorType, tensorName, tensorRaw = 1, 2, 8, 9

	typeFloat, typeInt64 = 1, 7 // TensorProto.DataType
)

// A message is a protocol buffers message under construction.
type message []byte

func (m *message) number(field protowire.Number, v int) {
	*m = protowire.AppendTag(*m, field, protowire.VarintType)
	*m = protowire.AppendVarint(*m, uint64(v))
}

func (m *message) text(field protowire.Number, s string) { m.bytes(field, []byte(s)) }

func (m *message) bytes(field protowire.Number, b []byte) {
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendBytes(*m, b)
}

// An onnxGraph is a graph under construction, layer by layer.
type onnxGraph struct {
	message
	onnxValue             // the next node's input
	layer     string      // the layer whose nodes are being added
	inputs    []onnxValue // of that layer
	nodes     map[string]int
}

// An onnxValue is the output of a node.
type onnxValue struct {
	at   string // its name
	maps bool   // it is [N, C, H, W]; otherwise it has the layers' layout
}

// attributes are those of a node: float64, int, string or []int.
type attributes map[string]any

// emit adds a node with at and further inputs; its output becomes at.
func (g *onnxGraph) emit(op string, a attributes, inputs ...string) {
	g.at = g.node(op, a, append([]string{g.at}, inputs...)...)
}

// node adds a node and returns the name of its output.
func (g *onnxGraph) node(op string, a attributes, inputs ...string) (output string) {
	var n message
	for _, in := range inputs {
		n.text(nodeInput, in)
	}
	output = g.name(op)
	n.text(nodeOutput, output)
	n.text(nodeName, output)
	n.text(nodeOp, op)
	for _, name := range slices.Sorted(maps.Keys(a)) {
		n.bytes(nodeAttribute, attribute(name, a[name]))
	}
	g.bytes(graphNode, n)
	return output
}

// name returns a unique name for a value of the layer. That of the output is no layer's, also if one
// is called like it.
func (g *onnxGraph) name(of string) string {
	name := g.layer + "/" + of
	if g.layer == "" {
		name = "probabilities"
	}
	if g.nodes == nil {
		g.nodes = map[string]int{}
	}
	g.nodes[name]++
	if k := g.nodes[name]; k > 1 {
		name = fmt.Sprintf("%s_%d", name, k-1)
	}
	return name
}

func attribute(name string, value any) (a message) {
	const float, integer, text, integers = 1, 2, 3, 7 // AttributeProto.AttributeType
	a.text(attributeName, name)
	switch v := value.(type) {
	case float64:
		a = protowire.AppendTag(a, attributeFloat, protowire.Fixed32Type)
		a = protowire.AppendFixed32(a, math.Float32bits(float32(v)))
		a.number(attributeType, float)
	case int:
		a.number(attributeInt, v)
		a.number(attributeType, integer)
	case string:
		a.text(attributeText, v)
		a.number(attributeType, text)
	case []int:
		for _, i := range v {
			a.number(attributeInts, i)
		}
		a.number(attributeType, integers)
	default:
		panic(fmt.Sprintf("interop: no ONNX attribute of a %T", value))
	}
	return a
}

// tensor adds a constant tensor and returns its name.
func (g *onnxGraph) tensor(name string, shape []int, data []float32) string {
	raw := make([]byte, 0, 4*len(data))
	for _, v := range data {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return g.constant(name, typeFloat, shape, raw)
}

// scalar adds a constant scalar.
func (g *onnxGraph) scalar(name string, v float64) string {
	return g.tensor(name, nil, []float32{float32(v)})
}

// integers adds a constant tensor of integers.
func (g *onnxGraph) integers(name string, values ...int) string {
	var raw []byte
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	return g.constant(name, typeInt64, []int{len(values)}, raw)
}

func (g *onnxGraph) constant(name string, kind int, shape []int, raw []byte) string {
	name = g.name(name)
	var t message
	for _, d := range shape {
		t.number(tensorDims, d)
	}
	t.number(tensorType, kind)
	t.text(tensorName, name)
	t.bytes(tensorRaw, raw)
	g.bytes(graphTensor, t)
	return name
}

// value declares an input or an output of the graph: a batch with a shape.
func (g *onnxGraph) value(field protowire.Number, name string, shape ...int) {
	const valueName, valueType, tensor, element, dims, dim, size, parameter = 1, 2, 1, 1, 2, 1, 1, 2
	var batch, list, t, kind, v message
	batch.text(parameter, "batch")
	list.bytes(dim, batch)
	for _, n := range shape {
		var d message
		d.number(size, n)
		list.bytes(dim, d)
	}
	t.number(element, typeFloat)
	t.bytes(dims, list)
	kind.bytes(tensor, t)
	v.text(valueName, name)
	v.bytes(valueType, kind)
	g.bytes(field, v)
}

// write writes the file with the graph.
func (g *onnxGraph) write(w io.Writer, meta map[string]any) error {
	const most = math.MaxInt32 // size limit of protocol buffers
	if len(g.message) > most-1000 {
		return fmt.Errorf("the model has %d bytes, and an ONNX file holds 2 GB", len(g.message))
	}
	const opsetVersion = 2
	var head, opset message
	opset.number(opsetVersion, onnxOpset)
	head.number(modelIR, onnxIR)
	head.text(modelProducer, "cnntrain")
	head.bytes(modelOpset, opset)
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		value, err := json.Marshal(meta[key])
		if err != nil {
			return err
		}
		var entry message
		entry.text(metadataKey, key)
		entry.bytes(metadataValue, value)
		head.bytes(modelMetadata, entry)
	}
	head = protowire.AppendTag(head, modelGraph, protowire.BytesType)
	head = protowire.AppendVarint(head, uint64(len(g.message)))
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(g.message)
	return err
}
