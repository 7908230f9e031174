package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manPage returns docs/cnntrain.1 in man(7) format: every command on one page.
func manPage() string {
	root := newRoot(&streams{})
	var b strings.Builder
	fmt.Fprintf(&b, ".TH CNNTRAIN 1\n.SH NAME\ncnntrain \\- %s\n", roff(root.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B cnntrain\n.I COMMAND\n[\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n")
	fmt.Fprintf(&b, ".SH DESCRIPTION\n.nf\n%s\n.fi\n", roff(root.Long))
	b.WriteString(".SH COMMANDS\n")
	manCommands(&b, root)
	b.WriteString(`.SH EXIT STATUS
.TP
0
done
.TP
1
failed
.TP
2
wrong usage, or a spec that cannot be used
.TP
130, 143
interrupted by ctrl-c, by SIGTERM, with the state saved
.SH ENVIRONMENT
.TP
.B CNNTRAIN_DATA
the folder with the datasets, where \-\-data\-dir is not given
.TP
.B CNNTRAIN_CACHE
the folder for decoded images, or "off" (default: decoded in the user's cache folder)
.TP
.B CNNTRAIN_CACHE_SIZE
how large it may get, such as 20GB (default 10GB)
.TP
.B CNNTRAIN_FROZEN_MEMORY
memory for the outputs of frozen layers, where \-\-frozen\-memory is not given
.TP
.B CNNTRAIN_MPI
0: a process trains alone, also if mpirun or srun started it
`)
	return b.String()
}

func manCommands(b *strings.Builder, parent *cobra.Command) {
	for _, c := range parent.Commands() {
		if !c.IsAvailableCommand() || c.Name() == "help" || parent.Name() == "completion" {
			continue
		}
		text := c.Long
		if text == "" {
			text = c.Short + "."
		}
		fmt.Fprintf(b, ".SS %s\n.nf\n%s\n.fi\n", roff(c.UseLine()), roff(text))
		c.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
			value, usage := pflag.UnquoteUsage(f)
			if f.Name != "help" {
				fmt.Fprintf(b, ".TP\n\\fB%s\\fR \\fI%s\\fR\n%s\n", roff("--"+f.Name), roff(value), roff(usage))
			}
		})
		if c.Example != "" {
			fmt.Fprintf(b, ".PP\n.nf\n%s\n.fi\n", roff(c.Example))
		}
		manCommands(b, c)
	}
}

// roff escapes text for man.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
