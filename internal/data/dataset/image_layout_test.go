package dataset

import (
	"context"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// writeTree writes a PNG file of a different grey for each name. name*n stands for n files,
// name/ for an empty folder; other extensions are text files.
func writeTree(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if name, empty := strings.CutSuffix(name, "/"); empty {
			if err := os.MkdirAll(filepath.Join(dir, name), 0o777); err != nil {
				t.Fatal(err)
			}
			continue
		}
		name, times, _ := strings.Cut(name, "*")
		n := 1
		if times != "" {
			fmt.Sscan(times, &n)
		}
		for i := range n {
			file, content := name, []byte("no image")
			if times != "" {
				file = fmt.Sprintf("%s%d.png", name, i)
			}
			if filepath.Ext(file) == ".png" {
				content = encoded(t, 2, 2, color.NRGBA{uint8(i), uint8(len(norm.NFC.String(name))), 0, 255}, false)
			}
			write(t, filepath.Join(dir, file), content)
		}
	}
}

// sizes formats the number of images of each class in a split.
func sizes(d *Data, ex Examples) string {
	if ex == nil {
		return "-"
	}
	n := make([]int, len(d.Classes))
	for i := range ex.Len() {
		n[ex.Label(i)]++
	}
	return strings.Trim(fmt.Sprint(n), "[]")
}

func TestLayoutsMeanWhatAPersonMeans(t *testing.T) {
	for name, c := range map[string]struct {
		files            []string
		classes          string
		train, val, test string
		warnings         []string // DIR is replaced
	}{
		"classes": {files: []string{"cat/*5", "dog/*10"}, classes: "cat dog", train: "4 8", val: "-", test: "1 2"},
		"train and test": {files: []string{"train/cat/*3", "train/dog/*4", "test/cat/*1", "test/dog/*2"},
			classes: "cat dog", train: "3 4", val: "-", test: "1 2"},
		"train, val and test": {files: []string{"train/cat/*3", "train/dog/*4", "val/cat/*2", "val/dog/*1", "test/cat/*1", "test/dog/*2"},
			classes: "cat dog", train: "3 4", val: "2 1", test: "1 2"},
		"train and val": {files: []string{"train/cat/*3", "train/dog/*4", "val/cat/*2", "val/dog/*1"},
			classes: "cat dog", train: "3 4", val: "2 1", test: "-", warnings: []string{"DIR: no images for testing: there is no folder test with class folders"}},
		"Train and Test": {files: []string{"Train/cat/*3", "Train/dog/*4", "Test/cat/*1", "Test/dog/*2"},
			classes: "cat dog", train: "3 4", val: "-", test: "1 2"},
		"train and TEST": {files: []string{"train/cat/*3", "train/dog/*4", "TEST/cat/*1", "TEST/dog/*2"},
			classes: "cat dog", train: "3 4", val: "-", test: "1 2"},
		"training and testing": {files: []string{"training/cat/*3", "training/dog/*4", "testing/cat/*1", "testing/dog/*2"},
			classes: "cat dog", train: "3 4", val: "-", test: "1 2"},
		"train, validation and testing": {files: []string{"train/cat/*3", "train/dog/*4", "Validation/cat/*2", "Validation/dog/*1", "testing/cat/*1", "testing/dog/*2"},
			classes: "cat dog", train: "3 4", val: "2 1", test: "1 2"},
		"train and valid": {files: []string{"train/cat/*3", "train/dog/*4", "valid/cat/*2", "valid/dog/*1"},
			classes: "cat dog", train: "3 4", val: "2 1", test: "-", warnings: []string{"DIR: no images for testing: there is no folder test with class folders"}},
		"train, dev and test": {files: []string{"train/cat/*3", "train/dog/*4", "dev/cat/*2", "dev/dog/*1", "test/cat/*1", "test/dog/*2"},
			classes: "cat dog", train: "3 4", val: "2 1", test: "1 2"},
		"train alone": {files: []string{"train/cat/*3", "train/dog/*4"},
			classes: "cat dog", train: "3 4", val: "-", test: "-", warnings: []string{"DIR: no images for testing: there is no folder test with class folders"}},
		"a flat test": {files: []string{"train/cat/*3", "train/dog/*4", "test/*5"},
			classes: "cat dog", train: "3 4", val: "-", test: "-", warnings: []string{
				"DIR/test: 5 images without labels, for predict alone", "DIR: no images for testing: there is no folder test with class folders"}},
		"a test folder around images": {files: []string{"train/cat/*3", "train/dog/*4", "test/unknown/*5"},
			classes: "cat dog", train: "3 4", val: "-", test: "-", warnings: []string{
				"DIR/test: 5 images without labels, for predict alone", "DIR: no images for testing: there is no folder test with class folders"}},
		"a class without test images": {files: []string{"train/cat/*3", "train/dog/*4", "test/cat/*1", "test/dog/"},
			classes: "cat dog", train: "3 4", val: "-", test: "1 0"},
		"others beside train": {files: []string{"train/cat/*3", "train/dog/*4", "test/cat/*1", "test/dog/*1", "Meta/*2", "Train.csv", "1.png"},
			classes: "cat dog", train: "3 4", val: "-", test: "1 1", warnings: []string{
				"DIR: 1 image beside the folders, of no class, not read", "DIR/Meta: not read, since it lies beside train"}},
		"folders in classes": {files: []string{"cat/2019/*3", "cat/*1", "dog/2020/may/*5"}, classes: "cat dog", train: "3 4", val: "-", test: "1 1"},
		"one folder in each": {files: []string{"cat/images/*3", "dog/images/*4"}, classes: "cat dog", train: "2 3", val: "-", test: "1 1"},
		"images beside classes": {files: []string{"cat/*3", "dog/*4", "1.png", "2.png"}, classes: "cat dog", train: "2 3", val: "-", test: "1 1",
			warnings: []string{"DIR: 2 images beside the folders, of no class, not read"}},
		"a vehicle": {files: []string{"bus/*3", "car/*4", "train/*3"}, classes: "bus car train", train: "2 3 2", val: "-", test: "1 1 1",
			warnings: []string{"DIR/train is taken for a class, as are bus and car"}},
		"a class called test": {files: []string{"cat/*3", "dog/*4", "test/*3"}, classes: "cat dog test", train: "2 3 2", val: "-", test: "1 1 1",
			warnings: []string{"DIR/test is taken for a class, as are cat and dog; if it has test images, put the others into DIR/train"}},
		"case": {files: []string{"Cat/*3", "cat/*4"}, classes: "Cat cat", train: "2 3", val: "-", test: "1 1", warnings: []string{`"Cat" and "cat" are two classes`}},
		"a Mac's names": {files: []string{norm.NFD.String("train/고양이/*3"), "train/dog/*4", "test/고양이/*2", "test/dog/*1"},
			classes: "dog 고양이", train: "4 3", val: "-", test: "1 2"},
		"one class in both forms": {files: []string{norm.NFD.String("é/a*3"), "é/b*4", "o/*3"}, classes: "o é", train: "2 6", val: "-", test: "1 1"},
		"classes of one image":    {files: []string{"a/*1", "b/*2", "c/*3"}, classes: "a b c", train: "1 1 2", val: "-", test: "0 1 1"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeTree(t, dir, c.files...)
			d := mustLoad(t, &imageFolder{path: dir, testSplit: 0.2}, inputShape)
			if got := strings.Join(d.Classes, " "); got != c.classes {
				t.Errorf("classes %s, want %s", got, c.classes)
			}
			if got, want := sizes(d, d.Train)+"; "+sizes(d, d.Val)+"; "+sizes(d, d.Test), c.train+"; "+c.val+"; "+c.test; got != want {
				t.Errorf("%s images, want %s", got, want)
			}
			for i := range d.Warnings {
				d.Warnings[i] = strings.ReplaceAll(d.Warnings[i], dir, "DIR")
			}
			if !slices.Equal(d.Warnings, c.warnings) {
				t.Errorf("warnings\n%q, want\n%q", d.Warnings, c.warnings)
			}
		})
	}
}

func TestLayoutsThatMeanSomethingElseSayWhatToDo(t *testing.T) {
	both := func(folders ...string) (files []string) {
		for _, f := range folders {
			files = append(files, f+"/cat/*3", f+"/dog/*3")
		}
		return files
	}
	for name, c := range map[string]struct {
		files []string
		want  string // DIR is replaced
	}{
		"splits of other names": {both("part1", "part2"), "DIR: part1 and part2 hold folders of the same names (cat and dog), so they are no classes; rename them to train, val and test, or move what is in them together"},
		"splits with a case":    {[]string{"one/Cat/*1", "one/dog/*1", "two/cat/*1", "two/Dog/*1"}, "DIR: one and two hold folders of the same names (Cat and dog), so they are no classes; rename them to train, val and test, or move what is in them together"},
		"train2017":             {both("train2017", "val2017"), "DIR: train2017 and val2017 look like splits, not classes; rename them to train and val, each with a folder for each class"},
		"train_images":          {both("train_images", "test"), "DIR: test and train_images look like splits, not classes; rename them to test and train, each with a folder for each class"},
		"beside train":          {both("train", "test1"), "DIR/test1: rename it to test, if that is what it is for, or move it away"},
		"classes beside train":  {append(both("train"), "bus/*2"), "DIR/bus: lies beside train, which has folders in it; move it into train if it is a class, else away"},
		"two for training":      {both("train", "Training"), "DIR: Training and train are all train images; keep one"},
		"no train":              {both("val", "test"), "DIR: test and val, but no folder train with those to train on"},
		"test alone":            {both("test"), "DIR: test, but no folder train with those to train on"},
		"splits in classes":     {[]string{"cat/train/*2", "cat/test/*1", "dog/train/*2", "dog/test/*1"}, "DIR: each of cat and dog has test and train in it; it has to be the other way round, such as DIR/test/cat"},
		"classes beside test":   {[]string{"cat/*2", "dog/*2", "test/cat/*1", "test/dog/*1"}, "DIR/test has folders that lie beside it too (cat and dog); put those beside it into DIR/train"},
		"a folder around all":   {both("photos"), `DIR: only one class, "photos"; there is nothing to tell apart; if its folders cat and dog are the classes, use DIR/photos`},
		"a folder in train":     {both("train/images", "test"), `DIR/train: only one class, "images"; there is nothing to tell apart; if its folders cat and dog are the classes, move them up into DIR/train`},
		"a flat train":          {[]string{"train/*4", "test/*4"}, "DIR/train: images without class folders; put those of each class into a folder of its own, or write a .csv with the columns file,label"},
		"cats and dogs of Kaggle": {[]string{"train/cat.*4", "train/dog.*4", "test1/*4"},
			"DIR/train: images without class folders; their names begin with cat and dog: put them into folders called so, or write a .csv with the columns file,label"},
		"a list beside":          {[]string{"a*2", "labels.csv"}, "DIR: images without class folders; put those of each class into a folder of its own, or write a .csv with the columns file,label (for one that is there: dataset: DIR/labels.csv)"},
		"only a file of NumPy's": {[]string{"mnist.npz"}, "DIR: no images here; each class needs a folder with its images (for one that is there: dataset: DIR/mnist.npz)"},
		"a flat val":             {append(both("train"), "val/*3"), "DIR/val: images without class folders; put those of each class into a folder of its own, or write a .csv with the columns file,label"},
		"an empty val":           {append(both("train"), "val/"), "DIR/val: no images here; put class folders in, or remove it"},
		"an empty test":          {append(both("train"), "test/"), "DIR/test: no images here; put class folders in, or remove it"},
		"YOLO":                   {[]string{"images/train/*2", "images/val/*2", "labels/train/1.txt", "labels/val/1.txt"}, "DIR: laid out for object detection, with labels in files of their own; a folder for each class is needed, or a .csv with the columns file,label"},
		"YOLO in splits":         {[]string{"train/images/*2", "train/labels/1.txt", "valid/images/*2", "valid/labels/1.txt"}, "DIR/train: laid out for object detection, with labels in files of their own; a folder for each class is needed, or a .csv with the columns file,label"},
		"COCO":                   {[]string{"annotations/instances.json", "train2017/*2", "val2017/*2"}, "DIR: laid out for object detection, with labels in files of their own; a folder for each class is needed, or a .csv with the columns file,label"},
		"VOC":                    {[]string{"Annotations/1.xml", "JPEGImages/*2"}, "DIR: laid out for object detection, with labels in files of their own; a folder for each class is needed, or a .csv with the columns file,label"},
		"all at once": {[]string{"train/cat/*3", "train/dog/*3", "train/owl/", "test/dogs/*1", "test/Cat/*1", "val/x*1"},
			"DIR/train/owl: no images here; put some in, or remove the folder\n" +
				"DIR/val: images without class folders; put those of each class into a folder of its own, or write a .csv with the columns file,label\n" +
				`DIR/test: class "Cat" has no images in DIR/train, where it is called "cat"` + "\n" + `DIR/test: class "dogs" has no images in DIR/train`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeTree(t, dir, c.files...)
			_, err := (&imageFolder{path: dir, testSplit: 0.2}).Load(context.Background(), inputShape)
			if err == nil {
				t.Fatal("no error")
			}
			if got := strings.ReplaceAll(err.Error(), dir, "DIR"); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// Class sizes for which a hash threshold per file gave very uneven splits.
func TestEveryClassIsSplitAlike(t *testing.T) {
	for _, c := range []struct {
		counts      []int
		fraction    float64
		train, test string
	}{
		{[]int{14, 13, 13}, 0.2, "11 10 10", "3 3 3"},
		{[]int{20, 20}, 0.2, "16 16", "4 4"},
		{[]int{2, 2}, 0.2, "1 1", "1 1"},
		{[]int{1, 1}, 0.2, "1 1", "-"},
		{[]int{10, 10}, 0, "10 10", "-"},
		{[]int{3, 2}, 0.99, "1 1", "2 1"},
	} {
		dir := t.TempDir()
		for i, n := range c.counts {
			writeTree(t, dir, fmt.Sprintf("class%d/*%d", i, n))
		}
		d := mustLoad(t, &imageFolder{path: dir, testSplit: c.fraction}, inputShape)
		if train, test := sizes(d, d.Train), sizes(d, d.Test); train != c.train || test != c.test {
			t.Errorf("%v: %s and %s, want %s and %s", c.counts, train, test, c.train, c.test)
		}
	}
}

// A folder copied to macOS has the same splits and the same digest.
func TestSplitsDoNotDependOnTheFormOfNames(t *testing.T) {
	var all [2]*Data
	for i, form := range []norm.Form{norm.NFC, norm.NFD} {
		dir := t.TempDir()
		writeTree(t, dir, form.String("고양이/사진é*20"), form.String("강아지/사진ü*20"))
		all[i] = mustLoad(t, &imageFolder{path: dir, testSplit: 0.2}, inputShape)
	}
	a, b := all[0].Test.(Files).File(3), all[1].Test.(Files).File(3)
	if all[0].Digest != all[1].Digest || a.Name != b.Name || a.Digest != b.Digest {
		t.Errorf("%v and %v", a, b)
	}
}

// The digest covers contents: a file of the same name and size may differ.
func TestDigestIsOfContents(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 10, "a", "b")
	set := &imageFolder{path: dir, testSplit: 0.2}
	before := mustLoad(t, set, inputShape)
	file := filepath.Join(dir, "a", "003.png")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	other := encoded(t, 8, 8, color.NRGBA{51, 50, 50, 255}, false)
	write(t, file, other)
	if after := mustLoad(t, set, inputShape); len(other) == len(content) && after.Digest == before.Digest {
		t.Error("another image has the same digest")
	}
	write(t, file, content)
	if after := mustLoad(t, set, inputShape); after.Digest != before.Digest {
		t.Error("the same image has another digest")
	}
}
