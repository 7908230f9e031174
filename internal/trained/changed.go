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
