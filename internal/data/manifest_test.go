package data

import (
	"bytes"
	"maps"
	"strings"
	"testing"

	"cnntrain/internal/data/dataset"
)

// filed is Examples that are files.
type filed struct {
	fake
	names string
}

func (f filed) File(i int) dataset.File {
	return dataset.File{Name: f.names[i : i+1], Digest: "d" + f.names[i:i+1]}
}

func TestManifestHasTheFilesOfEachSplit(t *testing.T) {
	s, err := Split(&dataset.Data{
		Train: filed{fake{n: 6}, "abcdef"}, Test: filed{fake{n: 3}, "xyz"}, Classes: abc, ByClass: true,
	}, 0.5, Fold{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	m := s.Manifest()
	var b bytes.Buffer
	if err := s.WriteManifest(&b); err != nil || !s.OfFiles() {
		t.Fatal(err)
	}
	want := `file,label,split,sha256
a,a,train,da
b,b,train,db
c,c,train,dc
d,a,val,dd
e,b,val,de
f,c,val,df
x,a,test,dx
y,b,test,dy
z,c,test,dz
`
	if b.String() != want {
		t.Errorf("got\n%s", &b)
	}
	if again, err := ReadManifest(&b); err != nil || !maps.Equal(again, m) {
		t.Errorf("read as %v, %v", again, err)
	}
	s.Train = fake{n: 3}
	if s.OfFiles() {
		t.Error("numbers are files")
	}
}

func TestChangesAreNamed(t *testing.T) {
	before := Manifest{"a": {"x", "train", "1"}, "b": {"x", "train", "2"}, "c": {"x", "train", "3"}, "d": {"x", "train", "4"}, "e": {"y", "val", "5"}}
	now := Manifest{"a": {"x", "train", "1"}, "b": {"x", "train", "7"}, "c": {"x", "test", "3"}, "e": {"z", "test", "5"}, "f": {"x", "test", "6"}}
	c := now.Since(before)
	if got, want := c.String(), "1 lost (d), 1 added (f), 1 changed (b), 2 in another class or split (c, e)"; got != want {
		t.Errorf("got %s", got)
	}
	if got := strings.Join(now.Leaked(before), " "); got != "c e" {
		t.Errorf("leaked: %s", got)
	}
	c = Changes{Lost: strings.Split("abcdefgh", "")}
	if got, want := c.String(), "8 lost (a, b, c, d, e, f, …)"; got != want {
		t.Errorf("got %s", got)
	}
}

func FuzzReadManifest(f *testing.F) {
	f.Add("file,label,split,sha256\na,b,train,c\n\"x,y\",b,val,d\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ReadManifest(strings.NewReader(text))
		if err != nil {
			return
		}
		if c := m.Since(m); c.String() != "" || len(m.Leaked(m)) > 0 {
			t.Fatalf("changes of itself: %v", c)
		}
	})
}
