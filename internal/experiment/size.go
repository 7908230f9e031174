package experiment

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cnntrain/internal/spec"
	"cnntrain/internal/words"

	"gopkg.in/yaml.v3"
)

// A Sizing holds the changes that make a spec fit other data.
type Sizing struct {
	Input   []int  // [H W C]; nil: unchanged
	Classes int    // number of outputs; 0: unchanged
	Dataset string // name or path; empty: unchanged, or Photos if that does not fit
	Note    string // a comment after Dataset
	Val     bool   // Dataset has images for validation, so validation_split is omitted
}

// Photos is a placeholder for a folder of images that is not known yet.
const Photos = "./photos"

var (
	descriptionLine = regexp.MustCompile(`(?m)^description: .*$`)
	inputLine       = regexp.MustCompile(`(?m)^input: \[[^\]\n]*\]`)
	datasetLine     = regexp.MustCompile(`(?m)^  dataset: .*$`)
	firstComment    = regexp.MustCompile(`(?m)^# [^y]`) // after "# yaml-language-server"
	splitLine       = regexp.MustCompile(`(?m)^  validation_split: .*\n`)
	noSplit         = []byte("  validation_split: 0\n")
)

// Size applies z to the text of the seed spec called name and updates its description. Comments
// and layout are unchanged, and a line before the first comment says what they are about. An error
// says why the network does not support that size.
func Size(name string, text []byte, z Sizing) ([]byte, error) {
	e, err := parseText(name, text)
	if err != nil {
		return nil, err
	}
	if z.Classes > 0 {
		if text, err = setOutputs(e, text, z.Classes); err != nil {
			return nil, err
		}
	} else {
		z.Classes = e.Plan.Outputs()
	}
	if z.Input == nil {
		z.Input = e.Spec.Input
	}
	set := e.Data.Dataset
	other := set.Shape() != nil && !slices.Equal(set.Shape(), z.Input) || set.Classes() != nil && len(set.Classes()) != z.Classes
	if z.Dataset == "" && other {
		z.Dataset, z.Note = Photos, "a folder with one folder of images for each class"
	}
	if z.Dataset != "" {
		if text, err = setDataset(text, &z); err != nil {
			return nil, err
		}
	}
	text = descriptionLine.ReplaceAllLiteral(text, fmt.Appendf(nil, "description: %s for %s images of %s", name, sizeText(z.Input), words.Count(z.Classes, "class")))
	sized := setInput(text, z.Input)
	if at := firstComment.FindIndex(sized); at != nil { // parameters, images, times of the seed spec
		sized = slices.Concat(sized[:at[0]], fmt.Appendf(nil, "# Made from the seed spec %s, which the comments below describe.\n", name), sized[at[0]:])
	}
	_, err = parseText(name, sized)
	var wrong spec.Invalid
	if !errors.As(err, &wrong) {
		return sized, err
	}
	said := make([]string, len(wrong))
	for i, p := range wrong {
		said[i] = p.Message
	}
	return nil, fmt.Errorf("%s cannot have an input of %s: %s%s", name, sizeText(z.Input), strings.Join(said, "; "),
		instead(name, text, e.Spec.Input, z.Input))
}

func parseText(name string, text []byte) (*Experiment, error) {
	var problems spec.Problems
	return New(spec.Parse(name+".yaml", text, nil, &problems), &problems)
}

func setInput(text []byte, input []int) []byte {
	return inputLine.ReplaceAllLiteral(text, fmt.Appendf(nil, "input: [%d, %d, %d]", input[0], input[1], input[2]))
}

func sizeText(input []int) string { return fmt.Sprintf("%dx%dx%d", input[0], input[1], input[2]) }

// setDataset changes the dataset and the comment after it.
func setDataset(text []byte, z *Sizing) ([]byte, error) {
	value, err := yaml.Marshal(z.Dataset)
	if err != nil {
		return nil, err
	}
	line := "  dataset: " + string(bytes.TrimSpace(value))
	if z.Note != "" {
		line += " # " + z.Note
	}
	switch {
	case z.Val:
		text = splitLine.ReplaceAllLiteral(text, nil)
	case bytes.Equal(splitLine.Find(text), noSplit): // of a benchmark; on other data it is not known how many epochs are right
		text = splitLine.ReplaceAllLiteral(text, []byte("  validation_split: 0.1\n"))
	}
	return datasetLine.ReplaceAllLiteral(text, []byte(line)), nil
}

// setOutputs changes the number of outputs, which is an option of the last layer that has one.
func setOutputs(e *Experiment, text []byte, outputs int) ([]byte, error) {
	for i := len(e.Spec.Layers) - 1; i != spec.Images; i = e.Spec.Layers[i].Inputs[0] {
		it := e.Spec.Layers[i]
		option, ok := map[string]string{"dense": "units", "conv2d": "filters"}[it.Name]
		if !ok {
			continue
		}
		at, was := it.Where(option)
		start, ok := offset(text, at, was)
		if !ok {
			break
		}
		return slices.Concat(text[:start], []byte(strconv.Itoa(outputs)), text[start+len(was):]), nil
	}
	return nil, fmt.Errorf("%s: no number of outputs that could be changed; write the spec yourself", e.Spec.Name)
}

// offset returns where in text value stands at a position.
func offset(text []byte, at spec.Pos, value string) (int, bool) {
	start := 0
	for range at.Line - 1 {
		n := bytes.IndexByte(text[start:], '\n')
		if n < 0 {
			return 0, false
		}
		start += n + 1
	}
	start += at.Column - 1
	return start, at.Line > 0 && start <= len(text) && bytes.HasPrefix(text[start:], []byte(value))
}

// instead says which input would work: 3 channels, or the smallest square below the one that the
// network had.
func instead(name string, text []byte, had, input []int) string {
	if input[2] != had[2] && input[2] == 1 {
		return fmt.Sprintf("; grey images also fit an input of %d channels", had[2])
	}
	works := func(side int) bool {
		_, err := parseText(name, setInput(text, []int{side, side, input[2]}))
		return err == nil
	}
	most := max(had[0], had[1])
	if !works(most) {
		return ""
	}
	for side := max(input[0], input[1]) + 1; side <= most; side++ {
		if works(side) {
			return fmt.Sprintf("; the smallest square that works is %s", sizeText([]int{side, side, input[2]}))
		}
	}
	return ""
}
