package experiment

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cnntrain/internal/pretrained"
	"cnntrain/internal/spec"
	"cnntrain/internal/words"

	"gopkg.in/yaml.v3"
)

// Transfer changes the text of the seed spec called name to one that starts from the weights of a
// file and trains a new head: the images are scaled as the file expects, convolutions are padded as
// in the program it is from, what the file has is frozen at first, and the train section is
// one for few images. It returns what it found out about the file. An error says why the weights do
// not fit the spec.
func Transfer(name string, text []byte, file string) (changed []byte, notes []string, err error) {
	var origin pretrained.Origin
	if err := pretrained.Open(file, func(f *pretrained.File) error { origin = f.Origin(); return nil }); err != nil {
		return nil, nil, err
	}
	if origin.TensorFlow {
		text = padAsTensorFlow(text)
	}
	if text, err = setPixels(text, origin.Pixels); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	if text, err = setStart(text, file); err != nil {
		return nil, nil, err
	}
	base, text, err := setHead(name, text, file)
	if err != nil {
		return nil, nil, err
	}
	text = headerLines.ReplaceAll(setTraining(text, base), []byte("${1}# "+name+" that starts from the weights of another model, with a new head.\n"))
	e, err := parseText(name, text)
	if err != nil {
		return nil, nil, err
	}
	a, err := e.Assignment(file)
	if err != nil {
		return nil, nil, err
	}
	from := origin.Family
	if from == "" {
		from = "Keras, of a model that is not known here: check in the spec how its images are scaled"
	}
	return text, append([]string{"weights from " + from + "; frozen at first: all up to " + base}, a.Summary()...), nil
}

var (
	paddedConv  = regexp.MustCompile(`(?m)^ *- zero_padding2d: .*\n( *- (?:depthwise_)?conv2d: \{.*)\}$`)
	torchNorm   = regexp.MustCompile(`(batch_normalization: \{.*epsilon: )1e-5`)
	scaledFirst = regexp.MustCompile(`(?m)^layers:\n(?:  - rescaling: .*\n)?(?:  - normalization: .*\n)?`)
	headerLines = regexp.MustCompile(`\A(# yaml-language-server.*\n)?(?:# .*\n)*`)
	trainLines  = regexp.MustCompile(`(?s)\ntrain:.*$`)
	flatHead    = regexp.MustCompile(`(?m)^  - flatten\n(?:  - .*\n)*?  - dense: \{units: ([0-9]+), activation: softmax.*\}\n`)
)

// padAsTensorFlow changes convolutions behind zero_padding2d, as in PyTorch, to those with padding
// same, and the epsilon of batch normalization to Keras's default. The padding of 3 in front
// of the first convolution of a ResNet is the same in keras.applications and in PyTorch.
func padAsTensorFlow(text []byte) []byte {
	text = paddedConv.ReplaceAllFunc(text, func(lines []byte) []byte {
		if bytes.Contains(lines, []byte("kernel_size: 7")) {
			return lines
		}
		return paddedConv.ReplaceAll(lines, []byte("$1, padding: same}"))
	})
	return torchNorm.ReplaceAll(text, []byte("${1}0.001"))
}

// setPixels replaces the layers in front that scale images. Pixels of zero leave them.
func setPixels(text []byte, p pretrained.Pixels) ([]byte, error) {
	var lines []string
	switch {
	case p.Scale == "" && p.Mean == nil:
		return text, nil
	case !scaledFirst.Match(text):
		return nil, fmt.Errorf("its layers do not begin with rescaling")
	case p.BGR:
		lines = append(lines, "rgb_to_bgr")
	}
	switch {
	case p.Offset != "":
		lines = append(lines, "rescaling: {scale: "+p.Scale+", offset: "+p.Offset+"}")
	case p.Scale != "":
		lines = append(lines, "rescaling: "+p.Scale)
	}
	if p.Mean != nil {
		var mean, variance []string
		for c, m := range p.Mean {
			mean = append(mean, decimals(m))
			variance = append(variance, decimals(p.Deviation[c]*p.Deviation[c]))
		}
		lines = append(lines, "normalization: {mean: ["+strings.Join(mean, ", ")+"], variance: ["+strings.Join(variance, ", ")+"]}")
	}
	return scaledFirst.ReplaceAllLiteral(text, []byte("layers:\n  - "+strings.Join(lines, "\n  - ")+"\n")), nil
}

// decimals formats a number without the digits that only float64 has.
func decimals(v float64) string { return strconv.FormatFloat(v, 'g', 7, 64) }

// setStart adds the weights section in front of the train section.
func setStart(text []byte, file string) ([]byte, error) {
	value, err := yaml.Marshal(file)
	if err != nil {
		return nil, err
	}
	section := fmt.Sprintf("\nweights:\n  file: %s\n  partial: true # the head is new\n", bytes.TrimSpace(value))
	at := trainLines.FindIndex(text)
	if at == nil {
		return nil, fmt.Errorf("it has no train section")
	}
	return slices.Concat(text[:at[0]], []byte(section), text[at[0]:]), nil
}

// setHead finds the layers for which the file has no weights, which must be the last ones, and
// returns the layer in front of them. Dense layers behind flatten, which fit one size of images
// only, are replaced by a head of one layer.
func setHead(name string, text []byte, file string) (base string, changed []byte, err error) {
	e, err := parseText(name, text)
	if err != nil {
		return "", nil, err
	}
	a, err := e.Assignment(file)
	if err != nil {
		return "", nil, err
	}
	from := map[string]string{}
	for _, r := range a.Rows {
		from[r.Layer] = r.From
	}
	first, last := -1, 0 // layer without weights in the file; with weights
	var missing []string // in front of the head
	for i, l := range e.Plan.Layers {
		if file, weighted := from[l.Label]; weighted {
			last = i
			if file == "" && first < 0 {
				first = i
			}
			if file == "" && len(l.In) > 1 {
				missing = append(missing, l.Label)
			}
		}
	}
	if n := len(missing); n > 0 && missing[n-1] == e.Plan.Layers[last].Label {
		missing = missing[:n-1]
	}
	if len(missing) > 0 {
		return "", nil, fmt.Errorf("%s: its weights do not fit %s: it has none for %s; docs/WEIGHTS.md has the files that fit", file, name, words.Few(missing, 3))
	}
	if first < 0 { // a head with as many classes
		first = last
	}
	at := e.Plan.Layers[first].Inputs[0]
	for at != spec.Images && (e.Spec.Layers[at].Name == "dropout") {
		at = e.Plan.Layers[at].Inputs[0]
	}
	if e.Spec.Layers[at].Name != "flatten" || !flatHead.Match(text) {
		return e.Plan.Layers[at].Label, text, nil
	}
	text = flatHead.ReplaceAll(text, []byte("  - global_average_pooling2d\n  - dropout: 0.2\n  - dense: {units: $1, activation: softmax, name: predictions}\n"))
	if _, err = parseText(name, text); err != nil {
		return "", nil, err
	}
	return "global_average_pooling2d", text, nil
}

// setTraining replaces the train section: the head alone, then all with a low learning rate.
func setTraining(text []byte, base string) []byte {
	return trainLines.ReplaceAllLiteral(text, []byte(`
train:
  freeze: {until: `+base+`}
  fine_tune: {frozen_epochs: 15, learning_rate: 1e-5} # then all layers
  optimizer: {adam: 0.001}
  loss: categorical_crossentropy
  metrics: [accuracy]
  epochs: 20
  batch_size: 32
`))
}
