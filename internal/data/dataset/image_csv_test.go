package dataset

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// loadList writes images and a list of them, and loads the list.
func loadList(t *testing.T, name, text string, images ...string) (d *Data, dir string, err error) {
	t.Helper()
	dir = t.TempDir()
	writeTree(t, dir, images...)
	write(t, filepath.Join(dir, name), []byte(text))
	set := &imageCSV{imageFolder{path: filepath.Join(dir, name), testSplit: 0.5}, "|"}
	d, err = set.Load(context.Background(), inputShape)
	return d, dir, err
}

// listed formats the content of a list: "file=label:split" in alphabetical order.
func listed(d *Data) string {
	var all []string
	for p, ex := range []Examples{d.Train, d.Val, d.Test} {
		if ex == nil {
			continue
		}
		for i := range ex.Len() {
			all = append(all, ex.(Files).File(i).Name+"="+d.Classes[ex.Label(i)]+":"+split(p).String())
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func inUTF16(s string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, u := range utf16.Encode([]rune(s)) {
		b.Write([]byte{byte(u), byte(u >> 8)})
	}
	return b.String()
}

func TestListsAreReadAsSpreadsheetsWriteThem(t *testing.T) {
	images := []string{"a/1.png", "a/2.png", "b 1.png", "b 2.png"}
	const split = "a/1.png=cat:train a/2.png=cat:test b 1.png=dog:train b 2.png=dog:test"
	for name, c := range map[string]struct{ file, text, want string }{
		"plain":            {"x.csv", "file,label,split\na/1.png,cat,train\na/2.png,cat,test\nb 1.png,dog,train\nb 2.png,dog,test\n", split},
		"Excel":            {"x.csv", "\ufefffile;label;split\r\na/1.png;cat;train\r\na/2.png;cat;test\r\nb 1.png;dog;train\r\nb 2.png;dog;test\r\n;;\r\n", split},
		"sep":              {"x.csv", "sep=;\r\nfile;label;split\r\na/1.png;cat;train\r\na/2.png;cat;test\r\nb 1.png;dog;train\r\nb 2.png;dog;test\r\n", split},
		"tabs":             {"x.tsv", "file\tlabel\tsplit\na/1.png\tcat\ttrain\na/2.png\tcat\ttest\nb 1.png\tdog\ttrain\nb 2.png\tdog\ttest\n", split},
		"tabs in a csv":    {"x.CSV", "file\tlabel\tsplit\na/1.png\tcat\ttrain\na/2.png\tcat\ttest\nb 1.png\tdog\ttrain\nb 2.png\tdog\ttest\n", split},
		"UTF-16":           {"x.tsv", inUTF16("file\tlabel\tsplit\r\na/1.png\tcat\ttrain\r\na/2.png\tcat\ttest\r\nb 1.png\tdog\ttrain\r\nb 2.png\tdog\ttest\r\n"), split},
		"old Mac":          {"x.csv", "file,label,split\ra/1.png,cat,train\ra/2.png,cat,test\rb 1.png,dog,train\rb 2.png,dog,test\r", split},
		"quotes":           {"x.csv", "\"file\",\"label\",\"split\"\n\"a/1.png\",\"cat\",\"train\"\n\"a/2.png\",cat,test\n\"b 1.png\",dog,train\nb 2.png,dog,test\n", split},
		"spaces":           {"x.csv", "File , Label, SPLIT\na/1.png , cat ,Train\n a/2.png,\u00a0cat, \"TEST\"\nb 1.png,dog,training\nb 2.png,dog,testing\n\n", split},
		"backslashes":      {"x.csv", "file,label,split\n.\\a\\1.png,cat,train\na\\2.png,cat,test\nb 1.png,dog,train\nb 2.png,dog,test\n", split},
		"other columns":    {"x.csv", "width,class,file,split\n7,cat,a/1.png,train\n7,cat,a/2.png,test\n7,dog,b 1.png,train\n7,dog,b 2.png,test\n", split},
		"two forms of é":   {"x.csv", "file,label,split\na/1.png," + norm.NFD.String("é") + ",train\na/2.png,é,test\nb 1.png,dog,train\n", "a/1.png=é:train a/2.png=é:test b 1.png=dog:train"},
		"quotes in labels": {"x.csv", "file,label,split\na/1.png,\"a \"\"big\"\", cat\",train\nb 1.png,dog,train\n", `a/1.png=a "big", cat:train b 1.png=dog:train`},
	} {
		t.Run(name, func(t *testing.T) {
			d, _, err := loadList(t, c.file, c.text, images...)
			if err != nil {
				t.Fatal(err)
			}
			if got := listed(d); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// A list without splits is split like a folder with the same names.
func TestListsAreSplitAsFoldersAre(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 9, "a", "b")
	text := "file,label\n"
	for _, class := range []string{"a", "b"} {
		for i := range 9 {
			text += class + "/00" + string(rune('0'+i)) + ".png," + class + "\n"
		}
	}
	write(t, filepath.Join(dir, "x.csv"), []byte(text))
	folder := mustLoad(t, &imageFolder{path: dir, testSplit: 0.3}, inputShape)
	list := mustLoad(t, &imageCSV{imageFolder{path: filepath.Join(dir, "x.csv"), testSplit: 0.3}, "|"}, inputShape)
	if listed(folder) != listed(list) || folder.Digest != list.Digest {
		t.Errorf("folder %s\nlist %s", listed(folder), listed(list))
	}
	checkData(t, list)
}

func TestEverythingWrongWithAListIsToldAtOnce(t *testing.T) {
	images := []string{"a.png", "b.png", "c.png", "d/x.png"}
	for name, c := range map[string]struct{ text, want string }{
		"all": {"file,label,split\na.png,cat,train\nb.png,dog,train\na.png,dog,train\nnone.png,cat,train\nb.png,dog,test\nc.png,  ,train\n,cat,train\nd,dog,train\nc.png,dog,tset\nhttp://x.org/a.png,dog,train\na.png,cat,train\n",
			`X:7: c.png has an empty label
X:8: no file
X:10: the split of c.png is "tset"; it has to be train, val or test
X:4: a.png has two labels, "dog" and in line 2 "cat"
X:5: none.png: no such file
X:6: b.png is for test, and in line 3 for train
X:9: d: not a file
X:11: http://x.org/a.png: an address on the network; download it and name the file`},
		"no header":     {"a.png,cat\nb.png,dog\n", `X:1: the first line has to name the columns, file,label or file,label,split, and is "a.png,cat"`},
		"other columns": {"id;breed\na;cat\n", `X:1: the first line has to name the columns, file,label or file,label,split, and is "id;breed"`},
		"empty":         {"", "X: empty; the first line has to be file,label or file,label,split"},
		"header alone":  {"file,label\n", "X: lists no images"},
		"one class":     {"file,label\na.png,cat\nb.png,cat\n", `X: only one class, "cat"; there is nothing to tell apart`},
		"no label":      {"file,label\na.png,cat\nb.png\nc.png,dog\n", "X:3: b.png has an empty label"},
		"no training":   {"file,label,split\na.png,cat,train\nb.png,dog,test\nc.png,owl,val\n", "X: class \"dog\" has no images for training\nX: class \"owl\" has no images for training"},
		"a picture":     {"\x89PNG\r\n\x00\x00", "X: not a text file"},
		"Latin-1":       {"file,label\na.png,caf\xe9\n", "X: line 2 is not UTF-8; save the list as CSV UTF-8"},
		"open quote":    {"file,label\na.png,\"cat\nb.png,dog\n", `X:2: extraneous or missing " in quoted-field`},
	} {
		t.Run(name, func(t *testing.T) {
			_, dir, err := loadList(t, "x.csv", c.text, images...)
			if err == nil {
				t.Fatal("no error")
			}
			if got := strings.ReplaceAll(err.Error(), filepath.Join(dir, "x.csv"), "X"); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestListsNameFilesElsewhere(t *testing.T) {
	elsewhere := t.TempDir()
	writeTree(t, elsewhere, "x.png", "y.png")
	text := "file,label\n" + filepath.Join(elsewhere, "x.png") + ",a\n" + filepath.Join(elsewhere, "y.png") + ",b\n../" + filepath.Base(elsewhere) + "/none,b\n"
	if _, _, err := loadList(t, "x.csv", text); err == nil || !strings.Contains(err.Error(), "x.csv:4: ../"+filepath.Base(elsewhere)+"/none: no such file") {
		t.Errorf("got %v", err)
	}
	text, _, _ = strings.Cut(text, "..")
	d, _, err := loadList(t, "x.csv", text)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Train.Image(make([]float32, 4*6*3), 0); err != nil {
		t.Error(err)
	}
}

// A file listed twice with equal values counts once; an unreadable one is left out.
func TestListsWarn(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, "a*3", "b*3")
	write(t, filepath.Join(dir, "bad.jpg"), encoded(t, 9, 9, color.NRGBA{A: 255}, true)[:40])
	write(t, filepath.Join(dir, "x.csv"), []byte("file,label\na0.png,a\n./a0.png,a\na1.png,a\nb0.png,b\nb1.png,b\nbad.jpg,b\n"))
	d := mustLoad(t, &imageCSV{imageFolder{path: filepath.Join(dir, "x.csv")}, "|"}, inputShape)
	if d.Train.Len() != 4 || len(d.Skipped) != 1 || len(d.Warnings) != 1 || !strings.HasSuffix(d.Warnings[0], "x.csv:3: ./a0.png stands in line 2 already, and counts once") {
		t.Errorf("%d images, skipped %q, warnings %q", d.Train.Len(), d.Skipped, d.Warnings)
	}
}

func FuzzReadList(f *testing.F) {
	f.Add([]byte("file,label,split\na,b,train\n\"a,b\",c,test\n"))
	f.Add([]byte("sep=;\r\nfile;label\r\na;b\r\n"))
	f.Add([]byte(inUTF16("file\tlabel\na\tb")))
	f.Add([]byte("file,label\na,\nb,c|d\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, _, _ := readList(text, "|")
		plain, _ := plainText(text)
		several := bytes.Contains(plain, []byte("|")) // an image may then have none
		for _, r := range rows {
			if r.file == "" || r.label == "" && !several || r.line < 1 {
				t.Fatalf("%+v", r)
			}
		}
	})
}

// Labels of a list that are separated are several classes; an empty one is none of them.
func TestListsGiveSeveralLabels(t *testing.T) {
	text := "file,label,split\na.png,red | blue,train\nb.png,,train\nc.png,blue,train\nd.png,blue|red|blue,test\n"
	d, _, err := loadList(t, "x.csv", text, "a.png", "b.png", "c.png", "d.png")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"blue", "red"}; !slices.Equal(d.Classes, want) {
		t.Errorf("classes %q, want %q", d.Classes, want)
	}
	var all []string
	for _, ex := range []Examples{d.Train, d.Test} {
		for i := range ex.Len() {
			all = append(all, fmt.Sprint(ex.(Files).File(i).Name, ClassesOf(d.Labels, ex.Label(i))))
		}
	}
	slices.Sort(all)
	if got, want := strings.Join(all, " "), "a.png[0 1] b.png[] c.png[0] d.png[0 1]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, _, err := loadList(t, "x.csv", "file,label\na.png,red\nb.png,\n", "a.png", "b.png"); err == nil || !strings.Contains(err.Error(), "b.png has an empty label") {
		t.Errorf("without several labels, an empty one: %v", err)
	}
	if _, _, err := loadList(t, "x.csv", strings.Replace(text, "a.png,red | blue", "a.png,blue", 1), "a.png", "b.png", "c.png", "d.png"); err == nil || !strings.Contains(err.Error(), `class "red" has no images for training`) {
		t.Errorf("a class without images for training: %v", err)
	}
}
