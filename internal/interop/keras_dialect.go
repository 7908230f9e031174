package interop

import (
	"fmt"
	"strings"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/catalog"
)

// Names that versions of Keras use for our entries and options.
var (
	renamedOptions     = map[string]string{"leaky_relu alpha": "negative_slope", "relu alpha": "negative_slope"}
	renamedActivations = map[string]string{"swish": "silu"}
)

// others lists options of Keras that we do not have, with the values that agree with our
// behaviour, as JSON; an option without values has no effect here. null (not given) is
// always accepted.
var others = map[string][]string{
	"adjustment":         {},
	"batch_input_shape":  nil,
	"batch_shape":        nil,
	"build_input_shape":  nil,
	"data_format":        {`"channels_last"`},
	"dynamic":            {"false"},
	"dtype":              {`"float32"`},
	"fused":              nil,
	"input_dtype":        nil,
	"ragged":             {"false"},
	"renorm":             {"false"},
	"rms_scaling":        {"false"},
	"renorm_momentum":    nil,
	"rng_type":           nil,
	"sparse":             {"false"},
	"virtual_batch_size": {},
	"elu negative_slope": {},
	"fill_mode":          nil, // of layers that use no pixels from outside the image
	"fill_value":         nil,
	"interpolation":      nil,
	"value_range":        nil,

	// Keras 2 writes these for convolutions, and never reads them.
	"separable_conv2d groups":             {"1"},
	"depthwise_conv2d groups":             {"1"},
	"separable_conv2d kernel_initializer": nil,
	"separable_conv2d kernel_regularizer": nil,
	"separable_conv2d kernel_constraint":  nil,
	"depthwise_conv2d filters":            nil,
	"depthwise_conv2d kernel_initializer": nil,
	"depthwise_conv2d kernel_regularizer": nil,
	"depthwise_conv2d kernel_constraint":  nil,
}

// checkVersion returns an error if the model uses a function that was another one in the
// version of Keras that wrote it.
func (k *KerasSpec) checkVersion(version string) error {
	var wrong faults
	for _, it := range k.Layers {
		if layer.Function(it.Name, it.Thing("activation")) == "hard_sigmoid" && strings.HasPrefix(version, "2.") {
			wrong.add("layer %s: hard_sigmoid was x/5 + 1/2 in Keras %s, limited to 0 to 1, and is x/6 + 1/2 in Keras 3 and here", it.Label, version)
		}
	}
	return wrong.err()
}

// variances maps the options of VarianceScaling to named initializers. Up to 2.3 Keras
// wrote all of its initializers in this form, with "normal" for the truncated normal
// distribution.
var variances = map[string]string{
	"1 fan_avg uniform": "glorot_uniform", "1 fan_avg normal": "glorot_normal",
	"2 fan_in uniform": "he_uniform", "2 fan_in normal": "he_normal",
	"1 fan_in uniform": "lecun_uniform", "1 fan_in normal": "lecun_normal",
}

// variance returns the initializer that a VarianceScaling is equal to, or "".
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

// leftOut lists the classes that have no effect in inference and can be omitted.
var leftOut = map[string]string{
	"ActivityRegularization": inTraining,
	"Identity":               doesNot,
	"RandomElasticTransform": inTraining,
	"RandomGaussianBlur":     inTraining,
	"RandomInvert":           inTraining, "RandomPerspective": inTraining,
}

// trainsAlone reports whether a layer of ours is the identity in inference.
func trainsAlone(name string) bool {
	l, ok := layer.Layers.Entry(name).New(&catalog.Options{}), name != "random_crop" // which crops
	return ok && (layer.Augments(l) || layer.TrainsOnly(l))
}

// advice returns what to do about an unsupported class, as the end of an error.
func advice(l *kerasLayer) string {
	switch {
	case l.custom != "":
		return ", since it is of the module " + l.custom + " and not Keras's own"
	case l.class == "Lambda" && preprocesses(l):
		return ", since it holds Python code, which is never run; call preprocess_input(x) in place of Lambda(preprocess_input)(x), copy the weights with new.set_weights(old.get_weights()), and save the model again"
	case l.class == "Lambda":
		return ", since it holds Python code, which is never run; write it with Keras's own layers, such as Rescaling"
	case l.operation:
		return ", since it is an operation and not a layer; of operations, import reads +, -, * and / with a number or one number per channel, x[..., ::-1], cast to float32, and preprocess_input: use Keras's own layers, such as Rescaling and Normalization, copy the weights with new.set_weights(old.get_weights()), and save the model again"
	}
	return ""
}

// preprocesses reports whether a Lambda calls preprocess_input of keras.applications.
func preprocesses(l *kerasLayer) bool {
	function, _ := l.config["function"].(map[string]any) // in Keras 3
	module, _ := l.config["module"].(string)             // in Keras 2
	return function["config"] == "preprocess_input" || strings.Contains(module, ".applications.")
}
