package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"cnntrain/internal/checkpoint"
)

// Progress returns which epochs are completed, and the best one, from the training state of a
// checkpoint: the two values that the callback keeps which writes the history. old is the
// epochs themselves if an earlier version of the program wrote the state.
func Progress(f *checkpoint.File) (past Past, best *Best, old []Epoch, err error) {
	text, old, err := Modern(f.Metadata[MetaState])
	if err != nil {
		return past, nil, nil, err
	}
	_, callbacks, err := callbacksOf(text)
	if err != nil {
		return past, nil, nil, err
	}
	for _, kept := range callbacks {
		var epochs, digest any
		at := struct{ Epochs, SHA256 *any }{&epochs, &digest}
		if len(kept) != 2 || json.Unmarshal(kept[0], &at) != nil || epochs == nil || digest == nil {
			continue
		}
		best = nil
		if err := errors.Join(json.Unmarshal(kept[0], &past), json.Unmarshal(kept[1], &best)); err != nil {
			return past, nil, nil, fmt.Errorf("its training state: %w", err)
		}
		return past, best, old, nil
	}
	return past, nil, nil, errors.New("its training state has no epochs")
}

// callbacksOf decodes a training state as far as its callbacks.
func callbacksOf(state string) (all map[string]json.RawMessage, callbacks [][]json.RawMessage, err error) {
	if err = json.Unmarshal([]byte(state), &all); err == nil {
		err = json.Unmarshal(all["callbacks"], &callbacks)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("its training state: %w", err)
	}
	return all, callbacks, nil
}

// Modern returns a training state in the form of this version, and the epochs that it had if it
// is of an earlier one. Those kept all epochs: once as figures, with the best epoch, and once as
// rows of metrics.csv, which have the learning rates.
func Modern(state string) (string, []Epoch, error) {
	all, callbacks, err := callbacksOf(state)
	if err != nil {
		return "", nil, err
	}
	rowsAt, figuresAt := -1, -1
	var rows [][]string
	var figures []Figures
	for i, kept := range callbacks {
		var r [][]string
		var f []Figures
		switch {
		case len(kept) == 1 && json.Unmarshal(kept[0], &r) == nil:
			rowsAt, rows = i, r
		case len(kept) == 2 && json.Unmarshal(kept[0], &f) == nil && f != nil:
			figuresAt, figures = i, f
		}
	}
	if rowsAt < 0 || figuresAt < rowsAt {
		return state, nil, nil
	}
	old := []Epoch{}
	for i, f := range figures {
		e := Epoch{Number: i + 1, Figures: f}
		if i+1 < len(rows) && len(rows[i+1]) > 0 {
			e.LearningRate, _ = strconv.ParseFloat(rows[i+1][len(rows[i+1])-1], 64) // only shown
		}
		old = append(old, e)
	}
	past, err := json.Marshal(PastOf(old))
	if err != nil {
		return "", nil, err
	}
	callbacks[figuresAt][0] = past
	callbacks = slices.Insert(callbacks, figuresAt+1, nil) // of what now writes the history
	callbacks = slices.Delete(callbacks, rowsAt, rowsAt+1)
	if all["callbacks"], err = json.Marshal(callbacks); err != nil {
		return "", nil, err
	}
	text, err := json.Marshal(all)
	return string(text), old, err
}

// withTimes adds to epochs the times that are known of them.
func withTimes(epochs []Epoch, known map[int]Epoch) []Epoch {
	for i := range epochs {
		k := known[epochs[i].Number]
		epochs[i].Seconds, epochs[i].ImagesPerSecond = k.Seconds, k.ImagesPerSecond
	}
	return epochs
}
