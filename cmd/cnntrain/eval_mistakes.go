package main

import (
	"io"
	"strconv"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/table"
	"cnntrain/internal/trained"
	"cnntrain/internal/words"
)

// writeErrors writes mistakes as CSV.
func writeErrors(file string, mistakes []trained.Mistake) error {
	return checkpoint.WriteFile(file, func(w io.Writer) error {
		out := table.NewCSV(w)
		out.Row("file", "label", "predicted", "probability")
		for _, m := range mistakes {
			out.Row(m.File, m.Class, m.Predicted, strconv.FormatFloat(m.Probability, 'g', -1, 32))
		}
		out.Flush()
		return out.Error()
	})
}

// mostSuspects is how many suspects are shown; --json has all.
const mostSuspects = 25

type suspectsJSON struct {
	Examples int               `json:"examples"` // that were looked at
	Suspects []trained.Mistake `json:"suspects"`
}

// showSuspects lists the images of all results whose label is probably wrong.
func showSuspects(results []*trained.Evaluation, json bool, s *streams) error {
	all := suspectsJSON{Suspects: []trained.Mistake{}}
	for _, r := range results {
		all.Examples += r.Examples
		all.Suspects = append(all.Suspects, r.Tested.Mistakes()...)
	}
	all.Suspects = trained.Suspects(all.Suspects)
	if json {
		return s.printJSON(all)
	}
	s.printf("%d of %s are taken for another class than they are labelled with, the least likely labels first\n",
		len(all.Suspects), words.Count(all.Examples, "image"))
	if len(all.Suspects) == 0 {
		return nil
	}
	t := table.New(s.out)
	t.Printf("\nfile\tlabel\tits probability\tpredicted\tprobability\tloss\n")
	for _, m := range all.Suspects[:min(mostSuspects, len(all.Suspects))] {
		t.Printf("%s\t%s\t%.4f\t%s\t%.4f\t%.3f\n", m.File, m.Class, m.Labelled, m.Predicted, m.Probability, m.Loss)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if more := len(all.Suspects) - mostSuspects; more > 0 {
		s.logf("and %s more; --json has all", words.Commas(more))
	}
	return nil
}
