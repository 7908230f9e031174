package interop

import (
	"fmt"
	"strings"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/catalog"
)

// What versions of Keras call otherwise than ours.
var (
	renamedOptions     = map[string]string{"leaky_relu alpha": "negative_slope"}
	renamedActivations = map[string]string{"swish": "silu"}
)

// others is options of Keras that we do not have, with the values that mean what we
// do, as JSON; those with none mean nothing here. Not given (null) always will do.
var others = map[string][]string{
	"adjustment":         {},
	"batch_input_shape":  nil,
	"batch_shape":        nil,
	"build_input_shape":  nil,
	"data_format":        {`"channels_last"`},
	"dilation_rate":      {"1", "[1,1]"},
	"dynamic":            {"false"},
	"dtype":              {`"float32"`},
	"fused":              nil,
	"groups":             {"1"},
	"input_dtype":        nil,
	"max_value":          {},
	"negative_slope":     {"0", "0.0"},
	"ragged":             {"false"},
	"relu alpha":         {"0", "0.0"},
	"renorm":             {"false"},
	"renorm_momentum":    nil,
	"sparse":             {"false"},
	"threshold":          {"0", "0.0"},
	"virtual_batch_size": {},
	"elu negative_slope": {},
	"fill_mode":          nil, // of layers that move no pixel in from outside
	"fill_value":         nil,
	"interpolation":      nil,
	"value_range":        nil,

	// Of the convolution that these are in Keras 2, and never read.
	"separable_conv2d kernel_initializer": nil,
	"separable_conv2d kernel_regularizer": nil,
	"separable_conv2d kernel_constraint":  nil,
	"depthwise_conv2d filters":            nil,
	"depthwise_conv2d kernel_initializer": nil,
	"depthwise_conv2d kernel_regularizer": nil,
	"depthwise_conv2d kernel_constraint":  nil,
}

// variances is what VarianceScaling stands for with these options. Keras wrote all of
// its initializers so up to 2.3, which call the truncated normal distribution normal.
var variances = map[string]string{
	"1 fan_avg uniform": "glorot_uniform", "1 fan_avg normal": "glorot_normal",
	"2 fan_in uniform": "he_uniform", "2 fan_in normal": "he_normal",
	"1 fan_in uniform": "lecun_uniform", "1 fan_in normal": "lecun_normal",
}

// variance returns the initializer that a VarianceScaling stands for, empty if none.
func variance(class string, options config) string {
	if class != "VarianceScaling" {
		return ""
	}
	scale := strings.TrimSuffix(fmt.Sprint(options["scale"]), ".0")
	distribution := strings.TrimPrefix(fmt.Sprint(options["distribution"]), "truncated_")
	return variances[fmt.Sprintf("%s %v %s", scale, options["mode"], distribution)]
}

const (
	inTraining = "left out, since it acts in training alone"
	doesNot    = "left out, since it changes nothing"
)

// leftOut is the classes without which a model is the same in use.
var leftOut = map[string]string{
	"ActivityRegularization":  inTraining,
	"AlphaDropout":            inTraining,
	"GaussianDropout":         inTraining,
	"GaussianNoise":           inTraining,
	"Identity":                doesNot,
	"RandomColorDegeneration": inTraining, "RandomColorJitter": inTraining, "RandomElasticTransform": inTraining,
	"RandomErasing": inTraining, "RandomGaussianBlur": inTraining, "RandomGrayscale": inTraining,
	"RandomHue": inTraining, "RandomInvert": inTraining, "RandomPerspective": inTraining,
	"RandomPosterization": inTraining, "RandomSaturation": inTraining, "RandomSharpness": inTraining,
	"RandomShear": inTraining,
}

// merging is the classes of layers that join branches.
var merging = []string{"Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"}

// trainsAlone reports whether a layer of ours passes on what it gets in use.
func trainsAlone(name string) bool {
	l, ok := layer.Layers.Entry(name).New(&catalog.Options{}), name != "random_crop" // which cuts
	return ok && (layer.Augments(l) || name == "dropout" || name == "spatial_dropout2d")
}

// advice is what to do about a class that is not here, as the end of an error.
func advice(l *kerasLayer) string {
	switch {
	case l.custom != "":
		return ", since it is of the module " + l.custom + " and not Keras's own"
	case l.class == "Lambda":
		return ", since it holds Python code, which is never run; write it with Keras's own layers, such as Rescaling"
	}
	return ""
}
