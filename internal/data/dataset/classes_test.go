package dataset

import (
	"path/filepath"
	"slices"
	"testing"
)

// FindClasses lists the classes that Load does.
func TestFindClassesIsLoad(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, filepath.Join(dir, "plain"), "owl/a*4", "cat/deep/b*4", "__MACOSX/owl/a*1")
	writeTree(t, filepath.Join(dir, "split"), "train/owl/a*4", "train/cat/b*4", "valid/owl/c*2", "test/cat/d*2")
	write(t, filepath.Join(dir, "plain.csv"), []byte("file,label\nplain/owl/a0.png,x\nplain/owl/a1.png,x\nplain/owl/a2.png,y\nplain/owl/a3.png,z\n"))
	write(t, filepath.Join(dir, "several.csv"), []byte("file,label\nplain/owl/a0.png,x\nplain/owl/a1.png,x|y\nplain/owl/a2.png,y\nplain/owl/a3.png,\n"))
	for name, want := range map[string]Classes{
		"plain":       {Names: []string{"cat", "owl"}},
		"split":       {Names: []string{"cat", "owl"}, Val: true},
		"plain.csv":   {Names: []string{"x", "y", "z"}},
		"several.csv": {Names: []string{"x", "y"}, Several: true},
	} {
		path := filepath.Join(dir, name)
		var set Dataset = &imageFolder{path: path, testSplit: 0, dct: "accurate"}
		if filepath.Ext(name) == ".csv" {
			set = &imageCSV{imageFolder{path: path, testSplit: 0, dct: "accurate"}, "|"}
		}
		src := Source{Input: []int{2, 2, 3}}
		got, err := FindClasses(t.Context(), set, src)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		d, err := set.Load(t.Context(), src)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(got.Names, want.Names) || got.Several != want.Several || got.Val != want.Val {
			t.Errorf("%s: got %+v, want %+v", name, *got, want)
		}
		if !slices.Equal(got.Names, d.Classes) || got.Several != (d.Labels != nil) || got.Val != (d.Val != nil) {
			t.Errorf("%s: got %+v, but Load has classes %v, labels %v, validation %v", name, *got, d.Classes, d.Labels, d.Val != nil)
		}
	}
}
