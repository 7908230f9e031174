package initializer

import (
	"errors"

	"cnntrain/internal/catalog"
	"cnntrain/internal/random"
)

var _ = Initializers.Add(catalog.Entry[Initializer]{
	Name:    "random_uniform",
	Keras:   "RandomUniform",
	Example: "random_uniform: {minval: -0.1, maxval: 0.1}",
	Doc:     "Uniform between two bounds.",
	New: func(o *catalog.Options) Initializer {
		u := &randomUniform{-0.05, 0.05}
		o.Bind(&u.low, "minval", "the lower bound")
		o.Bind(&u.high, "maxval", "the upper bound")
		o.Check(func() error {
			if u.low > u.high {
				return errors.New("minval is above maxval")
			}
			return nil
		})
		return u
	},
})

type randomUniform struct{ low, high float64 }

func (u *randomUniform) Fill(w []float32, _ []int, r random.Stream) {
	fillUniform(w, u.low, u.high, r)
}
