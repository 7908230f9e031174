package spec

import (
	"slices"
	"strings"
)

// torch maps words of PyTorch and torchvision, folded, to ours where the two are not similar.
var torch = map[string]string{
	// layers
	"linear": "dense", "batchnorm1d": "batch_normalization", "batchnorm2d": "batch_normalization", "layernorm": "layer_normalization",
	"groupnorm": "group_normalization", "instancenorm2d": "group_normalization", "localresponsenorm": "local_response_normalization",
	"adaptiveavgpool2d": "global_average_pooling2d", "adaptivemaxpool2d": "global_max_pooling2d", "convtranspose2d": "conv2d_transpose",
	"dropout2d": "spatial_dropout2d", "upsample": "up_sampling2d", "zeropad2d": "zero_padding2d", "logsoftmax": "softmax",
	"randomhorizontalflip": "random_flip", "randomverticalflip": "random_flip", "colorjitter": "random_color_jitter", "normalize": "normalization",
	// options
	"outchannels": "filters", "outfeatures": "units", "kernel": "kernel_size", "stride": "strides", "dilation": "dilation_rate", "bias": "use_bias",
	"p": "rate", "eps": "epsilon", "numgroups": "groups", "lr": "learning_rate", "scalefactor": "size",
	// losses and schedules
	"crossentropyloss": "categorical_crossentropy", "crossentropy": "categorical_crossentropy", "nllloss": "categorical_crossentropy",
	"bceloss": "binary_crossentropy", "bcewithlogitsloss": "binary_crossentropy",
	"steplr": "step_decay", "multisteplr": "piecewise_constant_decay", "exponentiallr": "exponential_decay", "cosineannealinglr": "cosine_decay",
	"cosineannealingwarmrestarts": "cosine_decay_restarts", "polynomiallr": "polynomial_decay", "onecyclelr": "one_cycle",
}

// Translated returns the known name for a word of PyTorch; empty if there is none.
func Translated(word string, known []string) string {
	if ours := torch[folded(word)]; slices.Contains(known, ours) {
		return ours
	}
	return ""
}

// needless says why an option of PyTorch is not needed here; empty if it is none.
func needless(option string) string {
	switch folded(option) {
	case "inchannels", "infeatures", "numfeatures":
		return "it is that of the layer before"
	case "numclasses":
		return "the data has the classes, and the last dense layer as many units"
	case "callbacks":
		return "they are options of train themselves, early_stopping and reduce_lr_on_plateau; the best epoch and the last are always saved"
	case "device", "devices", "gpu", "gpus", "accelerator", "usecuda":
		return "it trains on the CPU"
	case "numworkers", "workers", "pinmemory":
		return "all cores are used, or as many as --threads says"
	case "shuffle":
		return "images for training are shuffled in every epoch"
	case "inplace":
		return "memory is shared anyway"
	}
	return ""
}

func folded(word string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(word))
}
