// Package sweep trains one spec with many settings: it reads the sweep file, determines the
// members, and manages the folder from which an interrupted sweep resumes. The caller
// provides the function that trains a member.
package sweep

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/slurm"
	"cnntrain/internal/spec"
	"cnntrain/internal/train/callback"

	"gopkg.in/yaml.v3"
)

// Config is a decoded sweep file.
type Config struct {
	Name     string // names the folder; derived from the file's name unless given
	Spec     string // path of the spec file
	Search   Search
	Monitor  callback.Monitor // the metric that ranks members
	Parallel int              // number of members trained at once
	Seed     int
	Params   []Param
	Slurm    slurm.Resources
	Complete bool // every param was decoded

	params     catalog.Mapping
	slurm      catalog.Mapping
	slurmField *catalog.Field

	paramsField *catalog.Field
	name        *catalog.Field
	spec        *catalog.Field
}

// Load reads a sweep file. Errors are added to problems; the config is nil if the file
// cannot be read or is not YAML.
func Load(file string, problems *spec.Problems) *Config {
	return newConfig(spec.LoadItem(file, "sweep", problems), file, problems)
}

// Parse is Load for a document in memory.
func Parse(file string, src []byte, problems *spec.Problems) *Config {
	return newConfig(spec.ParseItem(file, "sweep", src, problems), file, problems)
}

func newConfig(it *spec.Item, file string, problems *spec.Problems) *Config {
	if it == nil {
		return nil
	}
	if spec.HasKeys(it.Options, "layers") {
		problems.Add(it.Pos, "is a spec, not the file of a sweep; cnntrain fit trains it")
		return nil
	}
	c := &Config{}
	catalog.DecodeItem(it, problems, c.Options)
	switch {
	case c.Name != "" && !spec.NamesFolder(c.Name):
		problems.Add(c.name.Pos, "name: must be letters, digits, '-', '_' and '.', since it names the folder; got %q", c.Name)
	case c.Name == "":
		if c.Name = spec.NameOf(file); c.Name == "" {
			problems.Add(it.Pos, `missing "name": %q holds nothing to name the folder; write name: NAME`, file)
		}
	}
	for i := 0; i < len(c.params); i += 2 {
		if p, ok := newParam(it, c.params[i], c.params[i+1], problems); ok {
			c.Params = append(c.Params, p)
		}
	}
	if len(c.slurm) > 0 {
		section := &yaml.Node{Kind: yaml.MappingNode, Content: c.slurm}
		catalog.DecodeItem(&spec.Item{Name: "slurm", Pos: c.slurmField.Pos, Options: section}, problems, c.Slurm.Options)
	}
	c.Complete = 2*len(c.Params) == len(c.params)
	if f, ok := c.Search.(*folds); ok {
		c.Params = f.extend(c.Params, it.Pos)
	} else if len(c.params) == 0 {
		c.Complete = false
		problems.Add(it.Pos, "sweep: missing \"params\": %s", c.paramsField.Doc)
	}
	return c
}

// Options declares the options of a sweep file.
func (c *Config) Options(o *catalog.Options) {
	c.Monitor, c.Parallel = *callback.NewMonitor("val_accuracy"), 1
	c.name = o.Bind(&c.Name, "name", "names the folder, sweeps/NAME/N; made from the file's name unless given")
	c.spec = o.Bind(&c.Spec, "spec", "the spec file to train").Required()
	c.paramsField = o.Bind(&c.params, "params", "what to try: {path: values}, where a path is that of --set and values are a list, or {min: …, max: …}, or one value for all; can be omitted with search: {folds: K}")
	catalog.Thing(o, Searches, &c.Search, "search", "grid", "which of the settings to try")
	c.Monitor.Field = o.Bind(&c.Monitor.Name, "metric", "the metric that members are ranked by, at their best epoch: loss or a metric, with the prefix val_ for validation data")
	o.Bind(&c.Monitor.Mode, "mode", "whether less or more is better; auto: less for the loss, more for metrics").OneOf("auto", "min", "max")
	o.Bind(&c.Parallel, "parallel", "members trained at once, each with its part of the threads").Min(1).Max(1024)
	o.Bind(&c.Seed, "seed", "decides which settings are drawn").Min(0)
	c.slurmField = o.Bind(&c.slurm, "slurm", "what each member asks a cluster for, with --slurm: {account: …, partition: …, time: …, cpus: …, memory: …}")
}

// SpecPos is the position where the file names the spec.
func (c *Config) SpecPos() spec.Pos { return c.spec.Pos }

// Folds returns the number of folds that each setting is trained on, 0 without folds.
func (c *Config) Folds() int {
	if f, ok := c.Search.(*folds); ok {
		return f.k
	}
	return 0
}

// A Member is a setting: a value for each param.
type Member []*yaml.Node

// Members returns the settings of the search, in its order, without duplicates.
func (c *Config) Members(problems *spec.Problems) []Member {
	if c.Search == nil || !c.Complete {
		return nil
	}
	return c.Search.Members(c.Params, uint64(c.Seed), problems)
}

// Overrides returns the setting of m as overrides of the spec. Their positions are those of
// the values, or of the params if values are drawn at random.
func (c *Config) Overrides(m Member) (all []spec.Override) {
	for i, p := range c.Params {
		at := p.Pos
		if m[i].Line > 0 {
			at.Line, at.Column = m[i].Line, m[i].Column
		}
		o, err := spec.NewOverride(p.Path, m[i], at)
		if err == nil { // newParam has checked it
			all = append(all, o)
		}
	}
	return all
}
