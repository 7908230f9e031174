package data

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/spec"
)

// Config is the data section of a spec: which examples to train with.
type Config struct {
	Dataset         dataset.Dataset
	Name            string // name of the dataset
	ValidationSplit float64
	Fold            Fold
	Limit           int // use only the first so many training examples; 0: all
}

// MayHaveValidation reports whether there can be validation examples, as far as is known
// before the data is loaded.
func (c *Config) MayHaveValidation() bool {
	return c.ValidationSplit > 0 || c.Fold.Of > 0 || c.Dataset == nil || c.Dataset.Classes() == nil
}

// NewConfig decodes the data section. Errors are added to problems.
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
	var fold string
	o.Bind(&fold, "fold", "one of several folds as 2/5, in place of validation_split: of each class, that part of the training examples is held out for validation; sweep trains all of them").Quiet()
	o.Check(func() (err error) {
		c.Fold, err = parseFold(fold)
		return err
	})
	o.Bind(&c.Limit, "limit", "use only the first so many training examples, before the split; 0: all").Min(0)
}
