package data

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/spec"
)

// Config is what the examples are: the data section of a spec.
type Config struct {
	Dataset         dataset.Dataset
	Name            string // of the dataset
	ValidationSplit float64
	Limit           int // training examples to use, the first ones; 0 for all
}

// MayHaveValidation reports whether there may be validation examples, as far as is known
// before the data is loaded.
func (c *Config) MayHaveValidation() bool {
	return c.ValidationSplit > 0 || c.Dataset == nil || c.Dataset.Classes() == nil
}

// NewConfig decodes the data section. What is wrong goes to problems.
func NewConfig(s *spec.Section, problems *spec.Problems) *Config {
	c := &Config{}
	catalog.DecodeSection(s, problems, c.Options)
	c.Name = s.Thing("dataset")
	return c
}

// Options declares the options of the data section.
func (c *Config) Options(o *catalog.Options) {
	catalog.Thing(o, dataset.Datasets, &c.Dataset, "dataset", "", "the images: a dataset's name, or the path of a folder with a folder of images for each class").Required()
	o.Bind(&c.ValidationSplit, "validation_split", "fraction of the training examples held out for validation: the last ones, or of image files a fraction of each class").Min(0).Below(1)
	o.Bind(&c.Limit, "limit", "use only the first so many training examples, before the split; 0: all").Min(0)
}
