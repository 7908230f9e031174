package pretrained

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// An Origin says how the model that a file of weights is from differs from a spec with the
// hyperparameters of torchvision.
type Origin struct {
	// Family is the model or the program, for people; empty if it is not known.
	Family string
	Pixels Pixels
	// TensorFlow says that convolutions with strides pad more at the end, and that batch
	// normalization has the epsilon 0.001.
	TensorFlow bool
}

// Pixels says what a model expects of the values 0 to 255 of an image: first they are scaled, then
// the mean is subtracted, then they are divided by the deviation.
type Pixels struct {
	BGR             bool // in the order blue, green, red, of which Mean and Deviation are
	Scale, Offset   string
	Mean, Deviation []float64 // by channel; nil: unchanged
}

// The modes of preprocess_input in keras/src/applications/imagenet_utils.py, of which torch is also
// that of torchvision.
var (
	torchPixels = Pixels{Scale: "1/255", Mean: []float64{0.485, 0.456, 0.406}, Deviation: []float64{0.229, 0.224, 0.225}}
	tfPixels    = Pixels{Scale: "1/127.5", Offset: "-1"}
	caffePixels = Pixels{BGR: true, Mean: []float64{103.939, 116.779, 123.68}, Deviation: []float64{1, 1, 1}}
)

// applications lists the models of keras.applications by the name of a layer; the first match counts.
var applications = []struct {
	layer, family string
	pixels        Pixels
}{
	{"block1_conv1_bn", "Xception", tfPixels},
	{"block1_conv1", "VGG", caffePixels},
	{"bn_Conv1", "MobileNetV2", tfPixels},
	{"expanded_conv_project", "MobileNetV3", tfPixels},
	{"expanded_conv/project", "MobileNetV3", tfPixels},
	{"conv_dw_1", "MobileNet", tfPixels},
	{"conv2_block1_preact_bn", "ResNetV2", tfPixels},
	{"conv2_block1_3_conv", "ResNet", caffePixels},
	{"conv2_block1_2_conv", "DenseNet", torchPixels},
	{"block1a_dwconv", "EfficientNet", torchPixels},
	{"convnext_tiny_stem", "ConvNeXt", torchPixels},
	{"convnext_tiny_stage_0_block_0_depthwise_conv", "ConvNeXt", torchPixels},
}

// Origin finds out what f is from: by its format, by names of layers of keras.applications, and by
// the config.json that timm puts beside its files.
func (f *File) Origin() Origin {
	switch {
	case f.Format == Ours:
		return Origin{Family: "cnntrain"}
	case f.Format.channelsFirst():
		return f.torchOrigin()
	}
	o := Origin{Pixels: tfPixels, TensorFlow: true}
	names := map[string]bool{}
	for _, m := range f.modules() {
		names[m.name] = true
		names[m.name[strings.LastIndexByte(m.name, '/')+1:]] = true
	}
	// The last match, since longer names come later.
	for _, a := range applications {
		if names[a.layer] {
			o.Family, o.Pixels = "keras.applications, "+a.family, a.pixels
			break
		}
	}
	return o
}

// torchOrigin reads the config.json of timm, if there is one, which has the architecture, the mean
// and the deviation.
func (f *File) torchOrigin() Origin {
	o := Origin{Family: "PyTorch", Pixels: torchPixels}
	for _, m := range f.modules() {
		// torchvision's GoogLeNet undoes the scaling to pixels from -1 to 1 (transform_input).
		if strings.HasPrefix(m.name, "inception3a.branch1.") {
			o = Origin{Family: "torchvision, GoogLeNet", Pixels: tfPixels}
		}
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(f.Path), "config.json"))
	if err != nil {
		return o
	}
	var config struct {
		Architecture string `json:"architecture"`
		Pretrained   struct {
			Mean []float64 `json:"mean"`
			Std  []float64 `json:"std"`
		} `json:"pretrained_cfg"`
	}
	if json.Unmarshal(text, &config) != nil || config.Architecture == "" {
		return o
	}
	o.Family = "timm, " + config.Architecture
	o.TensorFlow = strings.HasPrefix(config.Architecture, "tf_") // converted from TensorFlow
	if mean, std := config.Pretrained.Mean, config.Pretrained.Std; len(mean) == 3 && len(std) == 3 && slices.Min(std) > 0 {
		o.Pixels.Mean, o.Pixels.Deviation = mean, std
	}
	return o
}
