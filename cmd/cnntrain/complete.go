package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/experiment"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/sweep"
	"cnntrain/internal/train/callback"
	"cnntrain/specs"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Shell completions, by command and by flag. What is not listed here completes to file
// names, as shells do by default.

var completeArgs = map[string]cobra.CompletionFunc{
	"fit":          specFiles,
	"summary":      specFiles,
	"validate":     specFiles,
	"bench":        specFiles,
	"sweep":        specFiles,
	"eval":         runFolders,
	"verify":       firstRunFolder,
	"predict":      firstRunFolder,
	"runs show":    firstRunFolder,
	"runs compare": runFolders,
	"runs rm":      runFolders,
	"sweep status": sweepFolders,
	"data fetch":   fixed(dataset.Datasets.Names),
	"data info":    fixed(dataset.Datasets.Names),
	"explain":      fixed(explained),
	"new":          cobra.NoFileCompletions,
}

// completeFlags is indexed by flag, or by command and flag.
var completeFlags = map[string]cobra.CompletionFunc{
	"fit resume":   unfinishedRuns,
	"sweep resume": sweepFolders,

	"set":      optionPaths,
	"dataset":  fixed(dataset.Datasets.Names),
	"new from": fixed(specs.Names),
	"on-nan":   cobra.FixedCompletions([]string{"stop", "lower-lr"}, cobra.ShellCompDirectiveNoFileComp),
	"sort":     fixed(sortNames),
	"status":   fixed(statusNames),
	"cpu":      cobra.FixedCompletions([]string{"avx512", "avx2", "neon", "generic"}, cobra.ShellCompDirectiveNoFileComp),
	"split":    cobra.FixedCompletions([]string{"train", "val", "test"}, cobra.ShellCompDirectiveNoFileComp),
	"ensemble": cobra.FixedCompletions([]string{"mean", "vote"}, cobra.ShellCompDirectiveNoFileComp),
}

// addCompletion registers the completions of cmd and its subcommands.
func addCompletion(cmd *cobra.Command) {
	_, path, _ := strings.Cut(cmd.CommandPath(), " ")
	cmd.ValidArgsFunction = completeArgs[path]
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		complete := completeFlags[path+" "+f.Name]
		if complete == nil {
			complete = completeFlags[f.Name]
		}
		if complete != nil {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // fails only if there is no such flag
		}
	})
	for _, c := range cmd.Commands() {
		addCompletion(c)
	}
}

// fixed completes to a constant list.
func fixed(list func() []string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return list(), cobra.ShellCompDirectiveNoFileComp
	}
}

func specFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

func runFolders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return runsThat(func(runs.Status) bool { return true })
}

func unfinishedRuns(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return runsThat(func(s runs.Status) bool { return s == runs.Interrupted || s == runs.Failed })
}

// runsThat completes to run folders with a given status.
func runsThat(are func(runs.Status) bool) (dirs []string, _ cobra.ShellCompDirective) {
	listed, _ := runs.List("runs") // without runs the shell offers files
	for _, l := range listed {
		if l.Err == nil && are(l.Info.Status) {
			dirs = append(dirs, l.Dir)
		}
	}
	return dirs, cobra.ShellCompDirectiveDefault
}

func firstRunFolder(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return runFolders(cmd, args, word)
}

func sweepFolders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var dirs []string
	files, _ := filepath.Glob(filepath.Join("sweeps", "*", "*", sweep.StateFile))
	for _, f := range files {
		dirs = append(dirs, filepath.Dir(f))
	}
	return dirs, cobra.ShellCompDirectiveDefault
}

// optionPaths completes KEY= of --set: the options of the sections, and, if the spec is
// known, those of its layers and other entries.
func optionPaths(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	paths := map[string]bool{"name": true, "input": true}
	add := func(prefix string, fields []*catalog.Field) {
		for _, f := range fields {
			paths[prefix+f.Name] = true
		}
	}
	for _, s := range experiment.Sections() {
		add(s.Name+".", s.Fields)
	}
	for _, name := range callback.Callbacks.Names() {
		add("train."+name+".", callback.Callbacks.Info(name).Fields)
	}
	if cmd.Name() == "weights" && len(args) > 0 {
		args = args[1:] // a file of weights comes first
	}
	if len(args) > 0 {
		var problems spec.Problems
		if s := spec.Load(args[0], nil, &problems); s != nil {
			for _, it := range s.Layers {
				if layer.Layers.Has(it.Name) {
					add("layers."+it.Label+".", layer.Layers.Info(it.Name).Fields)
				}
			}
		}
		if e, err := experiment.Load(args[0], nil); err == nil {
			for _, path := range resolvedPaths(e) {
				paths[path] = true
			}
		}
	}
	var list []string
	for _, path := range sorted(paths) {
		if strings.HasPrefix(path, word) && !strings.HasSuffix(path, ".name") { // cannot be set
			list = append(list, path+"=")
		}
	}
	return list, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

// resolvedPaths returns the path of every value of a resolved spec.
func resolvedPaths(e *experiment.Experiment) (paths []string) {
	var problems spec.Problems
	text, err := e.Spec.Resolved()
	if err != nil {
		return nil
	}
	s := spec.Parse(e.Spec.File, text, nil, &problems)
	for _, v := range s.Values() {
		if strings.Count(v.Path, ".") > 1 || !strings.HasPrefix(v.Path, "layers.") { // otherwise it is a layer without options
			paths = append(paths, v.Path)
		}
	}
	return paths
}

func sorted[V any](set map[string]V) []string { return slices.Sorted(maps.Keys(set)) }
