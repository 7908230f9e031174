package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"cnntrain/internal/spec"
	"cnntrain/specs"

	"github.com/spf13/cobra"
)

func newNew(s *streams) *cobra.Command {
	from := "quickstart"
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Write a spec to start from",
		Long: `Writes NAME.yaml, a copy of one of the seed specs under a new name. An existing file is
never overwritten. The seed specs are

  ` + strings.Join(specs.Names(), "\n  "),
		Example: "  cnntrain new mynet --from vgg16",
		Args:    exactly(1),
		RunE:    func(_ *cobra.Command, args []string) error { return runNew(args[0], from, s) },
	}
	addTextFlag(cmd, &from, "from", "copy the seed spec `SPEC`")
	return cmd
}

var (
	nameLine   = regexp.MustCompile(`(?m)^name: .*$`)
	schemaLine = regexp.MustCompile(`(?m)^# yaml-language-server: .*\n`)
)

func runNew(file, from string, s *streams) error {
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
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: exists; nothing is overwritten", file)
	} else if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: there is no folder %s", file, filepath.Dir(file))
	} else if err != nil {
		return err
	}
	_, err = bytes.NewReader(text).WriteTo(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, file)
	return err
}
