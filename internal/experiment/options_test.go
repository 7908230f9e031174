package experiment

import "testing"

func TestOptionPathIsWhereTheSpecHasIt(t *testing.T) {
	for name, want := range map[string]string{
		"lr":                   "train.optimizer.learning_rate",
		"learning_rate":        "train.optimizer.learning_rate",
		"momentum":             "train.optimizer.momentum of muon, rmsprop, sgd",
		"validation_split":     "data.validation_split",
		"val_split":            "data.validation_split",
		"dataset":              "data.dataset",
		"label_smoothing":      "train.loss.label_smoothing",
		"crop_to_aspect_ratio": "data.dataset.crop_to_aspect_ratio of image_csv, image_folder",
		"patience":             "train.early_stopping.patience or train.reduce_lr_on_plateau.patience",
		"input_shape":          "input",
		"filters":              "",
		"":                     "",
	} {
		if got := OptionPath(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
