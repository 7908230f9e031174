package interop

import (
	"math"

	"cnntrain/internal/catalog"
)

// kerasRate returns the learning rate of a training that can continue, as a Keras schedule,
// which counts steps; also if it is constant: a plain rate is a variable of the optimizer
// in Keras 3 but not in tf.keras 2.15, so no file could contain the state for both.
func (t *Training) kerasRate() object {
	rate, steps := t.State.LearningRate, float64(t.State.StepsPerEpoch)
	if t.withoutSchedule() || steps == 0 { // within the first epoch
		return kerasSchedule("ExponentialDecay", rate, map[string]any{"decay_steps": decimal(1), "decay_rate": decimal(1), "staircase": false})
	}
	number := func(option string) float64 { v, _ := t.Schedule.Values[option].(float64); return v }
	warmup := number("warmup_epochs")
	decay := number("decay_epochs")
	if decay == 0 {
		if decay = float64(t.Epochs) - warmup; decay <= 0 {
			decay = 1 // never reached
		}
	}
	config := map[string]any{"decay_steps": decimal(decay * steps), "alpha": decimal(number("alpha"))}
	switch t.Schedule.Name {
	case "cosine_decay":
		if warmup > 0 {
			config["warmup_target"], config["warmup_steps"] = decimal(rate), decimal(warmup*steps)
			rate = 0
		}
	case "exponential_decay", "inverse_time_decay":
		config = map[string]any{"decay_steps": decimal(decay * steps), "decay_rate": decimal(number("decay_rate")), "staircase": t.Schedule.Values["staircase"]}
	case "step_decay":
		epochs, _ := t.Schedule.Values["epochs"].(int)
		config = map[string]any{"decay_steps": decimal(float64(epochs) * steps), "decay_rate": decimal(number("factor")), "staircase": true}
		return kerasSchedule("ExponentialDecay", rate, config)
	case "polynomial_decay":
		delete(config, "alpha")
		config["end_learning_rate"], config["power"] = decimal(number("alpha")*rate), decimal(number("power"))
		config["cycle"] = t.Schedule.Values["cycle"]
	case "cosine_decay_restarts":
		delete(config, "decay_steps")
		config["first_decay_steps"] = decimal(number("first_decay_epochs") * steps)
		config["t_mul"], config["m_mul"] = decimal(number("t_mul")), decimal(number("m_mul"))
	case "piecewise_constant_decay":
		boundaries, _ := t.Schedule.Values["boundaries"].(catalog.Floats)
		factors, _ := t.Schedule.Values["factors"].(catalog.Floats)
		return kerasPieces(boundaries, factors, rate, steps)
	}
	return kerasSchedule(t.Schedule.Keras, rate, config)
}

func kerasSchedule(class string, rate float64, config map[string]any) object {
	config["initial_learning_rate"] = decimal(rate)
	return object{Module: "keras.optimizers.schedules", Class: class, Config: config}
}

// kerasPieces returns a PiecewiseConstantDecay, whose steps at boundaries still have the
// learning rate before them.
func kerasPieces(boundaries, factors []float64, rate, steps float64) object {
	ends, values := []int{}, []decimal{}
	for _, b := range boundaries {
		const rounding = 1e-6 // 29./7*7 is more than 29
		ends = append(ends, int(math.Ceil(float64(b*steps)-rounding))-1)
	}
	for _, f := range factors {
		values = append(values, decimal(f*rate))
	}
	return object{Module: "keras.optimizers.schedules", Class: "PiecewiseConstantDecay", Config: map[string]any{"boundaries": ends, "values": values}}
}

// withoutSchedule reports whether Keras has no such schedule: only CosineDecay has a warmup.
func (t *Training) withoutSchedule() bool {
	known := t.Schedule.Keras != "" || t.Schedule.Name == "step_decay" // which is an ExponentialDecay
	return !known || t.warms() && t.Schedule.Name != "cosine_decay"
}

func (t *Training) warms() bool {
	warmup, _ := t.Schedule.Values["warmup_epochs"].(float64)
	return warmup > 0
}
