package runs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// Status is the state of a run.
type Status string

// The states of a run.
const (
	Running     Status = "running"
	Finished    Status = "finished"    // all epochs, or ended early by a callback
	Interrupted Status = "interrupted" // by a request; last.safetensors has the state
	Failed      Status = "failed"
)

// ReasonImported is the reason of a finished run that was imported, and not trained.
const ReasonImported = "imported, not trained here"

// Info is the content of run.json.
type Info struct {
	Name    string    `json:"name"`
	Spec    string    `json:"spec"` // the command line
	Status  Status    `json:"status"`
	Reason  string    `json:"reason,omitempty"` // why it ended early or failed
	Again   bool      `json:"again,omitempty"`  // it failed for a reason outside of the training, such as a full disk
	Command []string  `json:"command"`
	Process *Process  `json:"process,omitempty"` // the process that trains, or trained
	Started time.Time `json:"started"`
	Resumed int       `json:"resumed,omitempty"` // number of times it was resumed
	Seconds float64   `json:"seconds"`
	Seed    int       `json:"seed"`
	Ranks   int       `json:"ranks,omitempty"` // number of processes that trained together at the last start; 0: one
	Params  int       `json:"params"`
	Weights *Weights  `json:"weights,omitempty"` // the initial weights, if not random
	Dataset Dataset   `json:"dataset"`
	Machine Machine   `json:"machine"`
	Epochs  []Figures `json:"epochs"`                           // null in the run.json of a run that is training
	Best    *Best     `json:"best,omitempty"`                   // epoch of best.safetensors
	Test    Figures   `json:"test,omitempty"`                   // results of best.safetensors on the test data
	Largest float64   `json:"largest_class_accuracy,omitempty"` // accuracy of always predicting the largest class of the test data

	Untested string `json:"untested,omitempty"` // why Test is empty although there is test data
}

// Weights is a file of weights.
type Weights struct {
	File   string `json:"file"`
	Digest string `json:"sha256"`
}

// Dataset describes the examples of a run.
type Dataset struct {
	Name       string   `json:"name"`
	Path       string   `json:"path,omitempty"`     // absolute path of the folder that was read
	DataDir    string   `json:"data_dir,omitempty"` // absolute path of the folder of the datasets
	Digest     string   `json:"sha256"`
	Classes    []string `json:"classes"`
	Train      int      `json:"train"`
	Validation int      `json:"validation"`
	Test       int      `json:"test"`
	Skipped    int      `json:"skipped,omitempty"`  // images left out because they could not be read
	Accepted   []string `json:"accepted,omitempty"` // how it changed before each resume of the run
}

// Machine describes the machine and program of a run.
type Machine struct {
	Version string `json:"cnntrain"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	CPU     string `json:"cpu"`
	Kernels string `json:"kernels"`
	Threads int    `json:"threads"`
	MPI     string `json:"mpi,omitempty"` // the library that the program was built for
}

// Process identifies a process of a machine.
type Process struct {
	Host string `json:"host"`
	ID   int    `json:"id"`
}

// ThisProcess returns the identity of this process.
func ThisProcess() *Process {
	host, _ := os.Hostname() // empty if unknown
	return &Process{Host: host, ID: os.Getpid()}
}

// Best is the epoch whose weights are saved as the best.
type Best struct {
	Epoch   int     `json:"epoch"`
	Monitor string  `json:"monitor"`
	Value   float64 `json:"value"`
}

// Figures is a list of named numbers in a fixed order, a JSON object in run.json.
type Figures []Figure

// A Figure is a named number.
type Figure struct {
	Name  string
	Value float64
}

// MarshalJSON writes the figures as one object, in their order.
func (f Figures) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, fig := range f {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(fig.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(fig.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", fig.Name, err)
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON parses the output of MarshalJSON.
func (f *Figures) UnmarshalJSON(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(fmt.Errorf("figures must be an object of numbers, got %.20s", text), err)
	}
	*f = Figures{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		fig := Figure{Name: name.(string)} // the decoder accepts only strings as keys
		if err := dec.Decode(&fig.Value); err != nil {
			return fmt.Errorf("%s: %w", fig.Name, err)
		}
		*f = append(*f, fig)
	}
	return nil
}

// Get returns the figure called name, and whether there is one.
func (f Figures) Get(name string) (float64, bool) {
	for _, fig := range f {
		if fig.Name == name {
			return fig.Value, true
		}
	}
	return 0, false
}

// AtBest returns the epoch whose weights are those of best.safetensors, counted from 1, and its figures; the last
// one if the best is not known; 0 and nothing without epochs.
func (i *Info) AtBest() (epoch int, f Figures) {
	epoch = len(i.Epochs)
	if b := i.Best; b != nil && b.Epoch >= 1 && b.Epoch <= epoch {
		epoch = b.Epoch
	}
	if epoch > 0 {
		f = i.Epochs[epoch-1]
	}
	return epoch, f
}

// FigureNames returns the names of the figures of the epochs, in their order. Not every epoch has them all: those of
// an epoch may be lost with damaged files.
func (i *Info) FigureNames() (names []string) {
	for _, figures := range i.Epochs {
		for _, f := range figures {
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

// BestOf returns the best value of a metric over the epochs, and its epoch, counted from 1;
// 0 if no epoch has the metric. up says that larger is better.
func (i *Info) BestOf(name string, up bool) (value float64, epoch int) {
	for e, figures := range i.Epochs {
		v, ok := figures.Get(name)
		if ok && (epoch == 0 || up && v > value || !up && v < value) {
			value, epoch = v, e+1
		}
	}
	return value, epoch
}
