package checkpoint

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Finite returns an error that names the tensors with infinite values or NaN, and the
// number of these.
func Finite(tensors []Tensor) error {
	var list []string
	for _, t := range tensors {
		wrong := 0
		for _, v := range t.Data {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				wrong++
			}
		}
		if wrong > 0 {
			list = append(list, fmt.Sprintf("%s (%d of %d)", t.Name, wrong, len(t.Data)))
		}
	}
	if list == nil {
		return nil
	}
	return errors.New("weights that are NaN or infinite: " + strings.Join(list, ", ") + "; use weights from before training broke down")
}
