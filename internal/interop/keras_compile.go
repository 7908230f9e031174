package interop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cnntrain/internal/builder/loss"
	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"
	"cnntrain/internal/train/metric"
	"cnntrain/internal/train/optimizer"

	"gopkg.in/yaml.v3"
)

// readTraining converts the compile arguments of a model, the training_config of an .h5
// file or the compile_config of a .keras one, to the train section of a spec; nil if
// nothing has a counterpart here. Notes name what has none.
func readTraining(text json.RawMessage) (train *yaml.Node, notes []string) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var config map[string]any
	if err := dec.Decode(&config); err != nil {
		return nil, []string{fmt.Sprintf("how the model was compiled cannot be read: %v", err)}
	}
	c := &compiled{}
	train = mapping()
	train.Style = 0
	add := func(key string, n *yaml.Node) {
		if n != nil {
			train.Content = append(train.Content, spec.Scalar(key), n)
		}
	}
	add("loss", c.loss(config["loss"]))
	if v := config["optimizer_config"]; v != nil {
		config["optimizer"] = v
	}
	add("optimizer", c.optimizer(config["optimizer"]))
	add("metrics", c.metrics(config["metrics"]))
	for _, key := range []string{"weighted_metrics", "loss_weights"} {
		if v := config[key]; v != nil {
			c.note("%s %s: left out", key, brief(v))
		}
	}
	if len(train.Content) == 0 {
		train = nil
	}
	return train, c.notes
}

// compiled collects notes about a model's compile arguments.
type compiled struct{ notes []string }

func (c *compiled) note(format string, args ...any) {
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

// named reads the forms in which Keras names an object: "adam", "Adam", {"class_name":
// "Custom>Adam", "config": {…}}, a function with its name as config, a wrapper around one.
func named(v any) (name string, options config) {
	switch v := v.(type) {
	case string:
		return v, nil
	case map[string]any:
		name, _ = v["class_name"].(string)
		if text, ok := v["config"].(string); ok {
			return text, nil
		}
		options, _ = v["config"].(map[string]any)
		if fn, ok := options["fn"].(string); ok && strings.HasSuffix(name, "Wrapper") {
			name = fn
		}
	}
	return name[strings.LastIndexAny(name, ">.")+1:], options
}

// only returns the only value of a list or of a mapping by output, else v.
func only(v any) any {
	switch list := v.(type) {
	case []any:
		if len(list) == 1 {
			return list[0]
		}
	case map[string]any:
		if _, is := list["class_name"]; !is && len(list) == 1 {
			for _, one := range list {
				return one
			}
		}
	}
	return v
}

func (c *compiled) loss(v any) *yaml.Node {
	if v = only(v); v == nil {
		return nil
	}
	class, options := named(v)
	name, ok := catalog.Find(loss.Losses, class)
	if !ok {
		c.note("loss %s: has no counterpart here; training would continue with categorical_crossentropy", brief(v))
		return nil
	}
	delete(options, "from_logits") // import adds a final softmax or sigmoid if necessary
	return c.thing(loss.Losses, name, options, "loss")
}

func (c *compiled) optimizer(v any) *yaml.Node {
	class, options := named(v)
	if class == "" {
		c.note("the file does not say which optimizer trained the model; training would continue with adam")
		return nil
	}
	name, ok := catalog.Find(optimizer.Optimizers, class)
	if !ok {
		c.note("optimizer %s: has no counterpart here; training would continue with adam", class)
		return nil
	}
	if v, old := options["lr"]; old { // of Keras 2.2
		options["learning_rate"] = v
		delete(options, "lr")
	}
	if scheduler, schedule, ok := thing(options["learning_rate"]); ok {
		options["learning_rate"] = c.rate(name, scheduler, schedule)
	}
	if name == "muon" {
		c.muonOptions(options)
	}
	return c.thing(optimizer.Optimizers, name, options, "optimizer")
}

// muonOptions replaces null, which is not the default, by 0, and regular expressions by patterns.
func (c *compiled) muonOptions(options config) {
	for _, key := range []string{"rms_rate", "weight_decay", "adam_weight_decay"} {
		if v, given := options[key]; given && v == nil {
			options[key] = json.Number("0")
		}
	}
	list, _ := options["exclude_layers"].([]any)
	delete(options, "exclude_layers")
	var patterns []any
	for _, v := range list {
		text, _ := v.(string)
		inner, ours := strings.CutPrefix(text, beforePattern)
		if ours {
			inner, ours = strings.CutSuffix(inner, afterPattern)
		}
		if ours {
			inner = unquoted.Replace(inner)
		} else { // found anywhere in a path
			inner = "*" + text + "*"
		}
		if !ours && regexp.QuoteMeta(text) != text {
			c.note("optimizer muon: exclude_layers %s has no counterpart here", brief(v))
			continue
		}
		patterns = append(patterns, inner)
	}
	if patterns != nil {
		options["exclude_layers"] = patterns
	}
}

// unquoted undoes what makes a pattern an expression.
var unquoted = strings.NewReplacer(anyOfPattern, "*", `\.`, ".", `\+`, "+", `\(`, "(", `\)`, ")", `\[`, "[", `\]`, "]", `\{`, "{", `\}`, "}", `\?`, "?", `\|`, "|", `\^`, "^", `\$`, "$", `\\`, `\`)

// rate returns the initial learning rate of a Keras schedule.
func (c *compiled) rate(optimizer, class string, schedule config) any {
	rate := schedule["initial_learning_rate"]
	if warm := schedule["warmup_target"]; warm != nil {
		rate = warm
	}
	if list, ok := schedule["values"].([]any); ok && len(list) > 0 { // of PiecewiseConstantDecay
		rate = list[0]
	}
	if n, _ := schedule["decay_rate"].(json.Number); class != "ExponentialDecay" || !isOne(n) {
		c.note("optimizer %s: the schedule %s of its learning rate counts steps, and train.schedule counts epochs; left out, the rate is %s", optimizer, class, brief(rate))
	}
	return rate
}

func isOne(n json.Number) bool {
	v, err := n.Float64()
	return err == nil && v == 1
}

func (c *compiled) metrics(v any) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	seen := map[string]bool{}
	for _, m := range flat(v) {
		class, options := named(m)
		name, ok := catalog.Find(metric.Metrics, class)
		if !ok {
			c.note("metric %s: has no counterpart here", brief(class))
			continue
		}
		if list, ok := options["thresholds"].([]any); ok && len(list) == 1 {
			options["thresholds"] = list[0]
		}
		if n := c.thing(metric.Metrics, name, options, "metric"); n != nil && !seen[name] {
			list.Content, seen[name] = append(list.Content, n), true
		}
	}
	if len(list.Content) == 0 {
		return nil
	}
	return list
}

// flat flattens lists and mappings by output.
func flat(v any) (all []any) {
	switch v := v.(type) {
	case nil:
	case []any:
		for _, one := range v {
			all = append(all, flat(one)...)
		}
	case map[string]any:
		if _, is := v["class_name"]; is {
			return []any{v}
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			all = append(all, flat(v[key])...)
		}
	default:
		all = append(all, v)
	}
	return all
}

// unsaid holds compile options with the values that agree with our behaviour; nil means
// that the option has no effect here.
var unsaid = map[string][]string{
	"exclude_embeddings": nil, "amsgrad": {"false"}, "decay": {"0", "0.0"},
	"jit_compile": nil, "is_legacy_optimizer": nil, "name": nil,
	"dtype": nil, "fn": nil, "axis": {"-1"}, "from_logits": {"false"}, "ignore_class": {}, "loss_scale_factor": {},
	"reduction": {"auto", "sum_over_batch_size"}, "label_smoothing": {"0", "0.0"},
}

// thing converts an object with its options to YAML. It notes options that the entry does
// not have, and invalid values.
func (c *compiled) thing(catalogue catalog.Listing, name string, options config, kind string) *yaml.Node {
	info := catalogue.Info(name)
	inner := mapping()
	for _, key := range slices.Sorted(maps.Keys(options)) {
		v := options[key]
		i := slices.IndexFunc(info.Fields, func(f *catalog.Field) bool { return f.Name == key })
		if nothing, known := unsaid[key]; v == nil || i < 0 && known && (nothing == nil || slices.Contains(nothing, brief(v))) {
			continue
		}
		n, err := node(shortest(v))
		if i >= 0 && err == nil && info.Fields[i].AsIfNotGiven(n) {
			continue
		}
		if i < 0 || err != nil {
			c.note("%s %s: %s %s has no counterpart here", kind, name, key, brief(v))
			continue
		}
		one := &spec.Item{Name: name, Options: mapping(spec.Scalar(key), n)}
		if err := catalogue.Check(one); err != nil {
			c.note("%s %v; left out", kind, err)
			continue
		}
		inner.Content = append(inner.Content, spec.Scalar(key), n)
	}
	if len(inner.Content) == 0 {
		return spec.Scalar(name)
	}
	return mapping(spec.Scalar(name), inner)
}

// shortest formats a number that was a float32 with as few digits as necessary: Keras
// writes 0.0010000000474974513 for 0.001.
func shortest(v any) any {
	n, ok := v.(json.Number)
	if !ok {
		return v
	}
	if x, err := n.Float64(); err == nil && float64(float32(x)) == x {
		return json.Number(strconv.FormatFloat(x, 'g', -1, 32))
	}
	return v
}

// brief formats a value as JSON, truncated to fit in a line.
func brief(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if len(text) > 80 {
		return string(text[:77]) + "..."
	}
	return strings.Trim(string(text), `"`)
}
