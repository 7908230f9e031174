package trained

import (
	"fmt"
	"path/filepath"

	"cnntrain/internal/data"
	"cnntrain/internal/experiment"
	"cnntrain/internal/runs"
	"cnntrain/internal/words"
)

// changed describes how the data differs from that on which m was trained; it returns "" if
// there is no difference, or if that is unknown.
func (m *Model) changed(sets *data.Sets) string {
	r, err := runs.Open(filepath.Dir(m.File))
	if err != nil || r.Info.Dataset.Digest == "" || r.Info.Dataset.Digest == sets.Digest {
		return ""
	}
	said := fmt.Sprintf("%s is not as it was when %s was trained", m.Data.Name, r.Dir)
	if !sets.OfFiles() {
		return said
	}
	now, before, err := experiment.Manifests(r, sets)
	if err != nil {
		return said + "; images that were trained on may be in the other splits"
	}
	said += ": " + now.Since(before).String()
	if leaked := now.Leaked(before); len(leaked) > 0 {
		said += fmt.Sprintf("; %s for testing that it was trained or validated on", words.Count(len(leaked), "image"))
	}
	return said
}

// trainedOn says how many of the images for testing m was trained or validated on, by their
// content; empty if there are none or it is unknown.
func (m *Model) trainedOn(sets *data.Sets) string {
	r, err := runs.Open(filepath.Dir(m.File))
	if err != nil || !sets.OfFiles() {
		return ""
	}
	now, before, err := experiment.Manifests(r, sets)
	if err != nil {
		return ""
	}
	seen := map[string]bool{}
	for _, e := range before {
		if e.Split != "test" {
			seen[e.Digest] = true
		}
	}
	n := 0
	for _, e := range now {
		if seen[e.Digest] {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s of %s are among those that %s was trained or validated on", words.Count(n, "image"), sets.Dir, r.Dir)
}
