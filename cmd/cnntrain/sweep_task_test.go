package main

import "testing"

func TestTasksOfSlurmTakeTheirProcessors(t *testing.T) {
	for _, c := range []struct {
		perTask, onNode string
		want            int
	}{
		{"", "", 8}, {"4", "", 4}, {"4", "16", 4}, {"", "2", 2}, {"", "16", 8}, {"x", "2", 2}, {"", "0", 8},
	} {
		env := map[string]string{"SLURM_CPUS_PER_TASK": c.perTask, "SLURM_CPUS_ON_NODE": c.onNode}
		if got := slurmThreads(func(name string) string { return env[name] }, 8); got != c.want {
			t.Errorf("%q a task and %q on the node: %d threads, want %d", c.perTask, c.onNode, got, c.want)
		}
	}
}
