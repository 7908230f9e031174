package checkpoint

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cnntrain/internal/words"
)

// Match compares the tensors of a checkpoint with those of a model, by name and shape;
// order and data do not matter. Its error describes the differences: other shapes, missing
// and unexpected tensors, the first few of each.
func Match(have, want []Tensor) error {
	shapes := make(map[string][]int, len(have))
	for _, t := range have {
		shapes[t.Name] = t.Shape
	}
	var other, missing, unexpected []string
	for _, t := range want {
		shape, ok := shapes[t.Name]
		delete(shapes, t.Name)
		switch {
		case !ok:
			missing = append(missing, fmt.Sprintf("%s %v", t.Name, t.Shape))
		case !slices.Equal(shape, t.Shape):
			other = append(other, fmt.Sprintf("%s is %v, the model needs %v", t.Name, shape, t.Shape))
		}
	}
	for _, t := range have {
		if _, left := shapes[t.Name]; left {
			unexpected = append(unexpected, fmt.Sprintf("%s %v", t.Name, t.Shape))
		}
	}
	var parts []string
	for _, p := range []struct {
		title string
		list  []string
	}{{"", other}, {"missing ", missing}, {"unexpected ", unexpected}} {
		if len(p.list) > 0 {
			parts = append(parts, p.title+words.Few(p.list, 3))
		}
	}
	if parts == nil {
		return nil
	}
	return errors.New("checkpoint of another architecture: " + strings.Join(parts, "; "))
}
