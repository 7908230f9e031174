package main

import (
	"cnntrain/internal/experiment"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

func newVersion(s *streams) *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the version and the machine it runs on",
		Args:  exactly(0),
		RunE: func(*cobra.Command, []string) error {
			if json {
				return s.printJSON(experiment.ThisMachine())
			}
			return printVersion(s)
		},
	}
	addJSONFlag(cmd, &json)
	return cmd
}

func printVersion(s *streams) error {
	m := experiment.ThisMachine()
	err := s.printf("cnntrain %s (%s, %s/%s)\n%s, %s\n", m.Version, m.Go, m.OS, m.Arch, m.CPU, words.Count(m.Threads, "thread"))
	if err == nil && m.MPI != "" {
		err = s.printf("%s\n", m.MPI)
	}
	return err
}
