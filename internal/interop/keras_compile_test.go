package interop

import (
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/builder"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"

	"gopkg.in/yaml.v3"
)

func TestHowAModelWasCompiledIsRead(t *testing.T) {
	for _, c := range []struct {
		config string
		want   string // the train section
		notes  []string
	}{
		{ // an .h5 file of Keras 3.15
			`{"loss": "categorical_crossentropy", "loss_weights": null, "metrics": ["accuracy"], "weighted_metrics": null, "run_eagerly": false,
			"optimizer_config": {"class_name": "Adam", "config": {"name": "adam", "learning_rate": 0.0010000000474974513, "weight_decay": null, "clipnorm": null,
			"use_ema": false, "ema_momentum": 0.99, "loss_scale_factor": null, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-07, "amsgrad": false}}}`,
			"loss: categorical_crossentropy\noptimizer: {adam: {beta_1: 0.9, beta_2: 0.999, epsilon: 1e-07, learning_rate: 0.001}}\nmetrics: [accuracy]\n", nil,
		},
		{ // one of tf.keras 2.15
			`{"loss": {"class_name": "CategoricalCrossentropy", "config": {"reduction": "auto", "name": "c", "from_logits": false, "label_smoothing": 0.1, "axis": -1, "fn": "categorical_crossentropy"}},
			"metrics": [[{"class_name": "MeanMetricWrapper", "config": {"name": "accuracy", "dtype": "float32", "fn": "categorical_accuracy"}},
			{"class_name": "TopKCategoricalAccuracy", "config": {"name": "t", "dtype": "float32", "k": 3}}]], "weighted_metrics": null, "loss_weights": null,
			"optimizer_config": {"class_name": "Custom>SGD", "config": {"name": "SGD", "jit_compile": true, "is_legacy_optimizer": false, "learning_rate": 0.5, "momentum": 0.9, "nesterov": true}}}`,
			"loss: {categorical_crossentropy: {label_smoothing: 0.1}}\noptimizer: {sgd: {learning_rate: 0.5, momentum: 0.9, nesterov: true}}\nmetrics: [accuracy, {top_k_categorical_accuracy: {k: 3}}]\n", nil,
		},
		{ // a .keras file of Keras 3
			`{"optimizer": {"module": "keras.optimizers", "class_name": "RMSprop", "config": {"learning_rate": 0.01, "rho": 0.8, "gradient_accumulation_steps": null}, "registered_name": null},
			"loss": {"module": "builtins", "class_name": "function", "config": "sparse_categorical_crossentropy", "registered_name": "function"}, "metrics": ["acc", "sparse_categorical_accuracy"]}`,
			"loss: sparse_categorical_crossentropy\noptimizer: {rmsprop: {learning_rate: 0.01, rho: 0.8}}\nmetrics: [accuracy]\n", nil,
		},
		{ // of tf.keras 2.15
			`{"optimizer": "adamw", "loss": {"dense": "categorical_crossentropy"}, "metrics": {"dense": ["accuracy"]}}`,
			"loss: categorical_crossentropy\noptimizer: adamw\nmetrics: [accuracy]\n", nil,
		},
		{ // null is no default, and expressions are found anywhere
			`{"optimizer": {"module": "keras.optimizers", "class_name": "Muon", "config": {"name": "muon", "learning_rate": 0.01, "rms_rate": null, "exclude_layers": ["dense_1", "a.*b", "(^|/)a\\.b_[^/]*(/[^/]+)?$"], "exclude_embeddings": true, "muon_a": 3.4445}}}`,
			"optimizer: {muon: {exclude_layers: ['*dense_1*', a.b_*], learning_rate: 0.01, rms_rate: 0}}\n", []string{"optimizer muon: exclude_layers a.*b has no counterpart here"},
		},
		{ // of Keras 2.2
			`{"optimizer_config": {"class_name": "Adam", "config": {"lr": 0.02, "decay": 1e-6, "epsilon": null}}, "loss": ["categorical_crossentropy"], "metrics": [], "sample_weight_mode": null, "loss_weights": null}`,
			"loss: categorical_crossentropy\noptimizer: {adam: {learning_rate: 0.02}}\n",
			[]string{"optimizer adam: decay 1e-6 has no counterpart here"},
		},
		{ // no counterpart
			`{"optimizer": {"class_name": "Sophia", "config": {}}, "loss": "mse", "metrics": ["hinge", "accuracy"], "loss_weights": [2], "weighted_metrics": ["accuracy"]}`,
			"metrics: [accuracy]\n",
			[]string{"loss mse: has no counterpart", "optimizer Sophia: has no counterpart", "metric hinge: has no counterpart", `weighted_metrics ["accuracy"]: left out`, "loss_weights [2]: left out"},
		},
		{
			`{"optimizer": {"class_name": "Adam", "config": {"amsgrad": true, "use_ema": true, "beta_1": 1.5}}, "loss": {"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": true, "ignore_class": 3}}}`,
			"loss: sparse_categorical_crossentropy\noptimizer: {adam: {use_ema: true}}\n",
			[]string{"loss sparse_categorical_crossentropy: ignore_class 3 has no counterpart", "optimizer adam: amsgrad true has no counterpart",
				`"beta_1" must be from 0 up to, not including, 1, got 1.5; left out`},
		},
		{ // schedules
			`{"optimizer": {"class_name": "Adam", "config": {"learning_rate": {"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.0, "warmup_target": 0.25, "decay_steps": 100}}}}}`,
			"optimizer: {adam: {learning_rate: 0.25}}\n",
			[]string{"the schedule CosineDecay of its learning rate counts steps, and train.schedule counts epochs; left out, the rate is 0.25"},
		},
		{
			`{"optimizer": {"class_name": "SGD", "config": {"learning_rate": {"class_name": "PiecewiseConstantDecay", "config": {"boundaries": [5], "values": [0.5, 0.1]}}}}}`,
			"optimizer: {sgd: {learning_rate: 0.5}}\n", []string{"PiecewiseConstantDecay"},
		},
		{ // as export writes a constant rate
			`{"optimizer": {"class_name": "SGD", "config": {"learning_rate": {"class_name": "ExponentialDecay", "config": {"initial_learning_rate": 0.5, "decay_rate": 1.0}}}}}`,
			"optimizer: {sgd: {learning_rate: 0.5}}\n", nil,
		},
		{`{"loss": null}`, "", []string{"the file does not say which optimizer"}},
		{`[`, "", []string{"how the model was compiled cannot be read"}},
	} {
		node, notes := readTraining([]byte(c.config))
		var got []byte
		if node != nil {
			var err error
			if got, err = yaml.Marshal(node); err != nil {
				t.Fatal(err)
			}
		}
		if string(got) != c.want {
			t.Errorf("%s\ngot\n%s\nwant\n%s", c.config, got, c.want)
		}
		if len(notes) != len(c.notes) || !slices.EqualFunc(notes, c.notes, strings.Contains) {
			t.Errorf("%s\nnotes %q\nwant %q", c.config, notes, c.notes)
		}
		accepted(t, string(got))
	}
}

// accepted fails unless the train section is valid in a spec.
func accepted(t *testing.T, section string) *spec.Spec {
	t.Helper()
	activation := "softmax"
	if strings.Contains(section, "binary_") && strings.Contains(section, "loss") {
		activation = "sigmoid"
	}
	text := "name: m\ninput: [4, 4, 1]\nlayers: [flatten, dense: {units: 3, activation: " + activation + "}]\n"
	if section != "" {
		text += "train:\n  " + strings.ReplaceAll(strings.TrimSpace(section), "\n", "\n  ")
	}
	var problems spec.Problems
	s := spec.Parse("spec", []byte(text), nil, &problems)
	if s != nil {
		builder.NewPlan(s, &problems)
		train.NewConfig(s.Train, &problems)
		s.Train.CheckUnknown(&problems)
	}
	if err := problems.Err(); err != nil {
		t.Errorf("%s\n%v", section, err)
	}
	return s
}

// Import reads what export writes for a train section.
func TestTrainingGoesToKerasAndBack(t *testing.T) {
	for _, section := range []string{
		"loss: {categorical_crossentropy: {label_smoothing: 0.2}}\noptimizer: {sgd: {learning_rate: 1, momentum: 1, nesterov: true, clipvalue: 2}}\nmetrics: []",
		"loss: sparse_categorical_crossentropy\noptimizer: {adamw: {weight_decay: 0.1, learning_rate: 0.25}}\nmetrics: [top_k_categorical_accuracy: 2]",
		"optimizer: {rmsprop: {rho: 0.5, centered: true, global_clipnorm: 3}}\nmetrics: [accuracy, top_k_categorical_accuracy]",
		"loss: binary_crossentropy\nmetrics: [binary_accuracy: 0.25, precision, recall: {class_id: 0, thresholds: 0.75}, f1_score: {threshold: 0.5}]",
		"loss: {binary_crossentropy: 0.25}\nmetrics: [auc]",
		"loss: {binary_focal_crossentropy: {gamma: 3, apply_class_balancing: true}}\nmetrics: [recall]",
		"loss: {categorical_focal_crossentropy: {gamma: 1.5, alpha: 0.5, label_smoothing: 0.25}}",
		"optimizer: {adagrad: {initial_accumulator_value: 0, epsilon: 1e-3}}",
		"optimizer: {sgd: {use_ema: true, ema_momentum: 0.5, ema_overwrite_frequency: 7}}",
		"optimizer: {adam: {clipnorm: 1.5}}\nschedule: {cosine_decay: {warmup_epochs: 1}}",
	} {
		want := newTraining(accepted(t, section))
		if want == nil {
			t.Fatalf("%s: not read", section)
		}
		config := want.compileConfig()
		config["optimizer_config"] = want.h5Optimizer()
		node, notes := readTraining([]byte(jsonText(t, config)))
		if len(notes) > 0 {
			t.Errorf("%s: %q", section, notes)
		}
		text, err := yaml.Marshal(node)
		if err != nil {
			t.Fatal(err)
		}
		got := newTraining(accepted(t, string(text)))
		got.Schedule = want.Schedule // Keras has it only during training
		if len(want.Metrics) == 0 {
			got.Metrics = nil // for Keras none is the same as not given
		}
		if a, b := jsonText(t, got), jsonText(t, want); a != b {
			t.Errorf("%s\ncame back as %s\nwas %s", section, a, b)
		}
	}
}
