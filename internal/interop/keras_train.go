package interop

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop/hdf5"
	"cnntrain/internal/train/optimizer"
)

// compileConfig returns the arguments of Model.compile except for the optimizer.
func (t *Training) compileConfig() map[string]any {
	metrics := []any{}
	for _, m := range t.Metrics {
		if !t.withoutMetric(m) {
			metrics = append(metrics, t.kerasMetric(m))
		}
	}
	return map[string]any{
		"loss": t.kerasLoss(), "metrics": metrics,
		"loss_weights": nil, "weighted_metrics": nil,
	}
}

// sparse reports whether Keras's labels are class numbers rather than one-hot rows.
func (t *Training) sparse() bool { return strings.HasPrefix(t.Loss.Name, "sparse_") }

// kerasLoss returns the loss by name if it has no options: that form is the same in all
// versions.
func (t *Training) kerasLoss() any {
	config := kerasOptions(t.Loss)
	if smoothing := config["label_smoothing"]; strings.Contains(t.Loss.Name, "focal") || smoothing != nil && smoothing != decimal(0) {
		config["name"], config["from_logits"] = t.Loss.Name, false
		return object{Module: "keras.losses", Class: t.Loss.Keras, Config: config}
	}
	return t.Loss.Name
}

// kerasMetric returns a metric. Keras resolves accuracy according to the loss, but takes the
// most probable class of several decisions.
func (t *Training) kerasMetric(m catalog.Choice) any {
	if m.Name == "accuracy" && decides(t.Loss.Name) {
		return "binary_accuracy"
	}
	if m.Name == "accuracy" {
		return m.Name
	}
	o := object{Module: "keras.metrics", Class: m.Keras, Config: kerasOptions(m)}
	if o.Config["name"] = m.Name; t.sparse() {
		o.Class = "Sparse" + o.Class
	}
	switch {
	case m.Name == "f1_score" && o.Config["threshold"] == decimal(0) && decides(t.Loss.Name):
		o.Config["threshold"] = decimal(0.5)
	case m.Name == "f1_score" && o.Config["threshold"] == decimal(0): // the most probable class
		o.Config["threshold"] = nil
	case o.Config["class_id"] == -1: // of precision and recall: all
		o.Config["class_id"] = nil
	}
	return o
}

// withoutMetric reports whether Keras has a metric for one-hot rows only, while labels are
// class numbers.
func (t *Training) withoutMetric(m catalog.Choice) bool {
	return t.sparse() && m.Name != "accuracy" && m.Name != "top_k_categorical_accuracy"
}

// onlyHere lists options of optimizers that are not among those of Keras.
var onlyHere = []string{"exclude_from_weight_decay", "learning_rate_multipliers", "weight_decay_multipliers", "lookahead", "swa", "convolutions"}

// What [optimizer.Fits] means as a regular expression that Keras searches for in the path of a weight,
// MODEL/LAYER/WEIGHT: what stands before and after a pattern, and for *.
const beforePattern, afterPattern, anyOfPattern = "(^|/)", "(/[^/]+)?$", "[^/]*"

// kerasOptimizer returns the optimizer. Where Keras has null, ours has 0.
func (t *Training) kerasOptimizer() object {
	config := kerasOptions(t.Optimizer)
	for _, name := range []string{"weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "rms_rate"} {
		if config[name] == decimal(0) && !(name == "weight_decay" && t.Optimizer.Name == "adamw") {
			config[name] = nil
		}
	}
	for _, name := range onlyHere {
		delete(config, name)
	}
	if config["ema_overwrite_frequency"] == 0 {
		config["ema_overwrite_frequency"] = nil
	}
	if list, ok := config["exclude_layers"].([]string); ok { // regular expressions in Keras
		list = slices.Clone(list)
		config["exclude_layers"] = list
		for i, pattern := range list {
			list[i] = beforePattern + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, anyOfPattern) + afterPattern
		}
	}
	if n, _ := config["gradient_accumulation_steps"].(int); n < 2 {
		delete(config, "gradient_accumulation_steps")
	}
	if config["use_ema"] == false {
		for _, name := range []string{"use_ema", "ema_momentum", "ema_overwrite_frequency"} {
			delete(config, name)
		}
	}
	config["name"] = t.Optimizer.Name
	if t.State != nil {
		config["learning_rate"] = t.kerasRate()
	}
	return object{Module: "keras.optimizers", Class: t.Optimizer.Keras, Config: config}
}

// kerasSlots describes the state of Keras's optimizers: lists of slots; the slots of a list
// alternate weight by weight, and each list covers all weights before the next starts.
// Unused slots are omitted.
var kerasSlots = map[string][][]string{
	"adafactor": {{"velocity"}},
	"adadelta":  {{"accumulated_grad", "accumulated_delta_var"}},
	"adagrad":   {{"accumulator"}},
	"adam":      {{"momentum", "velocity"}},
	"adamax":    {{"momentum", "norm"}},
	"adamw":     {{"momentum", "velocity"}},
	"ftrl":      {{"accumulator", "linear"}},
	"lamb":      {{"momentum", "velocity"}},
	"lion":      {{"momentum"}},
	"muon":      {{"momentum", "velocity"}},
	"nadam":     {{"momentum", "velocity"}},
	"rmsprop":   {{"velocity"}, {"momentum"}, {"average_gradient"}},
	"sgd":       {{"momentum"}},
}

// commonSlots describes the state of Keras's base class, which comes first.
var commonSlots = [][]string{{averageSlot}, {"gradient_accumulator"}}

// averageSlot is Keras's name of the averages of the weights.
const averageSlot = "average"

// goingOn returns the model with the weights that training goes on with. Where the optimizer
// keeps averages of them, those are the weights of our files; in Keras they are variables of
// the optimizer, which replace the weights at the end of fit.
func (m *Model) goingOn() *Model {
	if m.Training == nil || m.Training.State == nil {
		return m
	}
	other, training, state := *m, *m.Training, *m.Training.State
	other.Training, training.State = &training, &state
	other.Layers, state.Optimizer = slices.Clone(m.Layers), slices.Clone(state.Optimizer)
	hidden := map[string]int{} // by name
	for i, t := range state.Optimizer {
		hidden[t.Name] = i
	}
	for l := range other.Layers {
		layer := &other.Layers[l]
		layer.Weights = slices.Clone(layer.Weights)
		index := layer.trained
		for w, own := range layer.Own {
			if !own.Trainable {
				continue
			}
			if i, ok := hidden[fmt.Sprintf("%s/%d", optimizer.HiddenSlot, index)]; ok {
				t, weight := &state.Optimizer[i], &layer.Weights[w]
				t.Name = fmt.Sprintf("%s/%d", averageSlot, index)
				t.Data, weight.Data = weight.Data, t.Data
			}
			index++
		}
	}
	ema, _ := m.Training.Optimizer.Values["use_ema"].(bool)
	state.Optimizer = slices.DeleteFunc(state.Optimizer, func(t checkpoint.Tensor) bool { // Keras has no lookahead
		return strings.HasPrefix(t.Name, "slow/") || !ema && strings.HasPrefix(t.Name, averageSlot+"/")
	})
	return &other
}

// A variable is a variable of a Keras optimizer.
type variable struct {
	name   string
	values *hdf5.Dataset
}

// optimizerVariables returns the variables of the optimizer in Keras's order; nil if its
// state is unknown.
func (m *Model) optimizerVariables() ([]variable, error) {
	if m.Training == nil || m.Training.State == nil || m.Training.otherState() {
		return nil, nil
	}
	state := m.Training.State
	all := []variable{{"iteration", hdf5.NewCount(int64(state.Iterations))}}
	trained := m.trainable()
	used, have := 0, checkpoint.File{Tensors: state.Optimizer}
	for _, alternate := range append(commonSlots, kerasSlots[m.Training.Optimizer.Name]...) {
		for _, w := range trained {
			for _, slot := range alternate {
				if t, ok := have.Tensor(fmt.Sprintf("%s/%d", slot, w.index)); ok {
					if slot == "velocity" && m.Training.muonMatrix(w, t) {
						used++
						continue
					}
					if m.Training.Optimizer.Name == "adafactor" {
						all = append(all, factors(w.name, t)...)
					}
					all, used = append(all, variable{w.name + "_" + slot, dataset(t)}), used+1
				}
			}
		}
	}
	if m.Training.Optimizer.Name == "nadam" {
		beta, _ := m.Training.Optimizer.Values["beta_1"].(float64)
		all = append(all, variable{"variable", hdf5.NewDataset(nil, []float32{nadamProduct(beta, state.Iterations)})})
	}
	if used != len(state.Optimizer) {
		return nil, fmt.Errorf("the state of %s is not that of this model: %d tensors, of which %d fit", m.Training.Optimizer.Name, len(state.Optimizer), used)
	}
	return all, nil
}

// muonMatrix reports whether w is a matrix for Muon, of which Keras keeps no velocity.
func (t *Training) muonMatrix(w trainedWeight, tensor checkpoint.Tensor) bool {
	others, _ := t.Optimizer.Values["exclude_layers"].([]string)
	return t.Optimizer.Name == "muon" && len(tensor.Shape) == 2 &&
		!slices.ContainsFunc(others, func(pattern string) bool { return optimizer.Fits(pattern, w.path) })
}

// otherState reports whether the optimizer has options that give it another state than Keras's.
func (t *Training) otherState() bool {
	convolutions, _ := t.Optimizer.Values["convolutions"].(bool)
	return convolutions
}

// factors returns the means of the rows and of the columns of Adafactor's mean squares: variables of
// their own in Keras, zeros if these are not matrices.
func factors(name string, t checkpoint.Tensor) []variable {
	n := len(t.Shape)
	if n < 2 {
		return []variable{{name, hdf5.NewCount(0)}, {name, hdf5.NewCount(0)}}
	}
	height, width := t.Shape[n-2], t.Shape[n-1]
	rows, columns := make([]float64, len(t.Data)/width), make([]float64, len(t.Data)/height)
	for i, v := range t.Data {
		rows[i/width] += float64(v) / float64(width)
		columns[i/(width*height)*width+i%width] += float64(v) / float64(height)
	}
	means := func(shape []int, values []float64) variable {
		data := make([]float32, len(values))
		for i, v := range values {
			data[i] = float32(v)
		}
		return variable{name, hdf5.NewDataset(shape, data)}
	}
	return []variable{means(t.Shape[:n-1], rows), means(append(slices.Clone(t.Shape[:n-2]), width), columns)}
}

// nadamProduct returns the product of the momenta of steps, as Keras's Nadam keeps it.
func nadamProduct(beta float64, steps int) float32 {
	product := 1.0
	for t := 1; t <= steps; t++ {
		product *= beta * (1 - float64(0.5*math.Pow(0.96, float64(t))))
	}
	return float32(product)
}

// A trainedWeight is a weight with its index among those that the optimizer updates here.
type trainedWeight struct {
	name  string // LAYER_WEIGHT
	index int
	path  string // LAYER/WEIGHT
}

// trainable returns the trainable weights.
func (m *Model) trainable() (weights []trainedWeight) {
	for _, l := range m.Layers {
		index := l.trained
		for _, own := range l.Own {
			if own.Trainable {
				weights = append(weights, trainedWeight{l.Label + "_" + own.Name, index, l.Label + "/" + own.Name})
				index++
			}
		}
	}
	return weights
}

// KerasNotes returns notes for the user of an exported Keras file. The format is keras for
// that of WriteKeras, keras-v3 of WriteKerasZip, keras-weights of WriteKerasWeights.
func (m *Model) KerasNotes(format string) (notes []string) {
	for _, l := range m.Layers {
		if l.isCustom() {
			notes = append(notes, fmt.Sprintf("layer %s: %s is not a layer of Keras; its twenty lines of Python are in docs/KERAS.md, for the program that loads the file", l.Label, l.Name))
		}
		if format == "keras" && l.ofApplications() {
			notes = append(notes, fmt.Sprintf("layer %s: Keras opens an .h5 file with it only with custom_objects={%q: keras.src.applications.convnext.%s}; use .keras", l.Label, l.Type, l.Type))
		}
		if l.Name == "random_contrast" && l.kerasValue("value_range", l.Options["value_range"]) != nil {
			notes = append(notes, fmt.Sprintf("layer %s: only Keras 3 has a value_range here, so tf.keras 2.15 cannot open the file", l.Label))
		}
		if l.Name == "random_crop" && !slices.Equal(l.In, l.Out) {
			notes = append(notes, fmt.Sprintf("layer %s: in inference Keras 3 (to 3.15) leaves images as they are, while tf.keras 2.15 makes them %dx%d as here; there its predictions differ, or fail", l.Label, l.Out[0], l.Out[1]))
		}
	}
	t := m.Training
	if t == nil || format == "keras-weights" {
		return notes
	}
	for _, metric := range t.Metrics {
		if t.withoutMetric(metric) {
			notes = append(notes, fmt.Sprintf("metric %s: left out, since Keras has it only for labels as rows with a one, those of categorical_crossentropy", metric.Name))
		}
	}
	for _, name := range onlyHere {
		switch v := t.Optimizer.Values[name].(type) {
		case []string:
			if len(v) > 0 {
				notes = append(notes, fmt.Sprintf("optimizer %s: %s is not in the file; call optimizer.%s(var_names=%q) before training goes on", t.Optimizer.Name, name, name, v))
			}
		case bool:
			if v {
				notes = append(notes, fmt.Sprintf("optimizer %s: %s is left out, since Keras has none", t.Optimizer.Name, name))
			}
			if v && t.State != nil && t.otherState() {
				notes = append(notes, fmt.Sprintf("optimizer %s: its state is left out, since Keras's has other variables", t.Optimizer.Name))
			}
		case catalog.Numbers:
			if len(v.List) > 0 {
				notes = append(notes, fmt.Sprintf("optimizer %s: %s is left out, since Keras has none", t.Optimizer.Name, name))
			}
		}
	}
	if use, _ := t.Optimizer.Values["use_ema"].(bool); use && t.State != nil {
		notes = append(notes, "use_ema: the weights are those that training goes on with, and their averages are in the optimizer, which puts them in place at the end of fit; export the run, or best.safetensors, for a model with the averages")
	}
	switch {
	case format != "keras":
	case t.State != nil:
		notes = append(notes, "tf.keras 2.15 continues with the optimizer's state; Keras 3 (to 3.15) cannot fit a model of an .h5 file with such a state until it is compiled again; use .keras there")
	case t.todays():
		notes = append(notes, fmt.Sprintf("optimizer %s: Keras 3 takes its default options from an .h5 file; compile the model there, or use .keras", t.Optimizer.Name))
	}
	switch {
	case t.Schedule.Name == "" || t.Schedule.Name == "constant" && !t.warms():
	case t.State == nil:
		notes = append(notes, fmt.Sprintf("schedule %s: left out, since these weights begin a training in Keras; export last.safetensors to continue with it", t.Schedule.Name))
	case t.State.StepsPerEpoch == 0:
		notes = append(notes, fmt.Sprintf("schedule %s: left out, since Keras counts steps, and how many an epoch has is not known before its end", t.Schedule.Name))
	case t.withoutSchedule() && t.warms():
		notes = append(notes, fmt.Sprintf("schedule %s: left out, since in Keras only CosineDecay has a warmup; the rate is %g", t.Schedule.Name, t.State.LearningRate))
	case t.withoutSchedule():
		notes = append(notes, fmt.Sprintf("schedule %s: left out, since Keras has none like it; the rate is %g", t.Schedule.Name, t.State.LearningRate))
	}
	return notes
}
