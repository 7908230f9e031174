package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"cnntrain/internal/experiment"
	"cnntrain/internal/shutdown"
	"cnntrain/internal/spec"
	"cnntrain/specs"

	"github.com/spf13/cobra"
)

type newOptions struct {
	file    string
	from    string
	input   string // HxWxC; empty: that of the seed spec
	classes string // a dataset, a number or a list of names; empty: as in the seed spec
	weights string // a file to start from; empty: random initialization
}

func newNew(s *streams) *cobra.Command {
	o := &newOptions{from: "quickstart"}
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Write a spec to start from",
		Long: `Writes NAME.yaml, a copy of one of the seed specs under a new name. An existing file is
never overwritten. With --input and --classes the copy is sized for your data: its input,
its number of outputs and its dataset are changed, the rest stays. Images of a folder or a
list are not decoded for that. With --weights it starts from a file of weights of Keras or
PyTorch, see docs/WEIGHTS.md: images are scaled as the file expects, the head is new, and
the rest is frozen at first. The seed specs are

  ` + strings.Join(specs.Names(), "\n  "),
		Example: `  cnntrain new mynet --from vgg16
  cnntrain new birds --from resnet50 --input 96x96x3 --classes ./photos
  cnntrain new birds --from resnet20 --classes owl,robin,wren
  cnntrain new birds --from mobilenet-v2 --weights mobilenet_v2.pth --classes ./photos`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return runNew(cmd.Context(), o, s)
		},
	}
	addTextFlag(cmd, &o.from, "from", "copy the seed spec `SPEC`")
	addTextFlag(cmd, &o.input, "input", "size the copy for images of `HxWxC`: height, width and channels, as 96x96x3")
	addTextFlag(cmd, &o.classes, "classes", "size the copy for the classes of `DATA`: a folder of images, a list (.csv) or another dataset; or their number, or their names as a,b,c")
	addTextFlag(cmd, &o.weights, "weights", "start from the weights in `FILE`, of Keras or PyTorch, with a new head")
	return cmd
}

var (
	nameLine   = regexp.MustCompile(`(?m)^name: .*$`)
	schemaLine = regexp.MustCompile(`(?m)^# yaml-language-server: .*\n`)
)

func runNew(ctx context.Context, o *newOptions, s *streams) error {
	file, from := o.file, o.from
	text := specs.Text(from)
	if text == nil {
		return usagef("--from %s: no such seed spec%s", from, spec.Hint(from, specs.Names()))
	}
	if ext := filepath.Ext(file); ext != ".yaml" && ext != ".yml" {
		file += ".yaml"
	}
	name := spec.NameOf(file)
	if !spec.NamesFolder(name) {
		return usagef("%s: holds nothing to name a run folder; use letters, digits, '-' and '_'", file)
	}
	if !exists(filepath.Join(filepath.Dir(file), schemaFile)) {
		text = schemaLine.ReplaceAll(text, nil)
	}
	text = nameLine.ReplaceAll(text, []byte("name: "+name))
	if o.input != "" || o.classes != "" {
		var err error
		if text, err = o.size(ctx, text, s); err != nil {
			return err
		}
	}
	if o.weights != "" {
		var err error
		var notes []string
		if text, notes, err = experiment.Transfer(from, text, o.weights); err != nil {
			return usagef("%v; nothing was written", err)
		}
		for _, line := range notes {
			s.logf("%s", line)
		}
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: exists; nothing is overwritten", file)
	} else if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: there is no folder %s", file, filepath.Dir(file))
	} else if err != nil {
		return err
	}
	defer shutdown.Remove(file)()
	_, err = bytes.NewReader(text).WriteTo(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(file))
	}
	err = s.printf("%s\n", file)
	return err
}
