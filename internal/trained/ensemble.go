package trained

import (
	"fmt"
	"slices"

	"cnntrain/internal/data/dataset"
	"cnntrain/internal/train"
)

// OpenAll opens models for an ensemble or a comparison, all with the same views.
func OpenAll(paths []string, tta train.TTA) ([]*Model, error) {
	var members []*Model
	for _, path := range paths {
		m, err := Open(path)
		if err != nil {
			return nil, err
		}
		m.TTA = tta
		members = append(members, m)
	}
	return members, nil
}

// Together combines several models into one predictor, by the mean of their probabilities
// or by vote. They must have the same input shape and classes.
func Together(members []*Model, vote bool) (train.Predictor, error) {
	first := members[0]
	var predictors []train.Predictor
	for _, m := range members {
		switch {
		case !slices.Equal(m.Spec.Input, first.Spec.Input):
			return nil, fmt.Errorf("%s takes images of %v, %s of %v; an ensemble sees one image", first.File, first.Spec.Input, m.File, m.Spec.Input)
		case !slices.Equal(m.ClassNames(), first.ClassNames()):
			return nil, fmt.Errorf("%s and %s were trained for different classes", first.File, m.File)
		case !dataset.PreparedAlike(m.Data.Dataset, first.Data.Dataset):
			return nil, fmt.Errorf("%s and %s make pixels of image files in different ways (crop_to_aspect_ratio or jpeg_dct); an ensemble sees one image", first.File, m.File)
		}
		predictors = append(predictors, m.Predictor())
	}
	return train.NewEnsemble(predictors, vote)
}
