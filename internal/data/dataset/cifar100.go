package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cnntrain/internal/catalog"
)

var _ = Datasets.Add(catalog.Entry[Dataset]{
	Name:    "cifar100",
	Keras:   "keras.datasets.cifar100",
	Example: "cifar100",
	Doc: `CIFAR-100: 60,000 colour photos of 32x32 pixels in a hundred classes, 10,000 of them for testing.

Each coarse class consists of five classes. Read from cifar-100-binary in the data
folder, the binary version of https://www.cs.toronto.edu/~kriz/cifar.html; downloaded
from there (169 MB) if missing.`,
	New: func(o *catalog.Options) Dataset {
		c := &cifar100{labelMode: "fine", sizes: [2]int{50_000, 10_000}, archive: cifar100Archive}
		o.Bind(&c.labelMode, "label_mode", "which classes to use: the 100 fine or the 20 coarse ones").OneOf("fine", "coarse")
		return c
	},
})

// The publisher gives MD5 03b5dce01913d631647c71ecec9e9cb8. Size and SHA-256 are
// those of TensorFlow Datasets (url_checksums/cifar100.txt).
var cifar100Archive = remote{
	url:    "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
	size:   168_513_733,
	sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
}

type cifar100 struct {
	labelMode string
	sizes     [2]int // records for training and for testing
	archive   remote
}

const (
	cifar100Folder = "cifar-100-binary"
	cifar100Record = 2 + 3*cifarPlane // coarse label, fine label, then three planes
)

var cifar100Files = [2]string{"train.bin", "test.bin"}

var (
	cifar100Coarse = strings.Fields(`aquatic_mammals fish flowers food_containers fruit_and_vegetables
		household_electrical_devices household_furniture insects large_carnivores large_man-made_outdoor_things
		large_natural_outdoor_scenes large_omnivores_and_herbivores medium_mammals non-insect_invertebrates people
		reptiles small_mammals trees vehicles_1 vehicles_2`)
	cifar100Fine = strings.Fields(`apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge
		bus butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile
		cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard
		lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree
		pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal
		shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone
		television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm`)
)

func (*cifar100) Shape() []int { return []int{32, 32, 3} }

func (c *cifar100) Classes() []string {
	if c.labelMode == "coarse" {
		return cifar100Coarse
	}
	return cifar100Fine
}

// Load reads all images into memory, 184 MB, and checks every label. The digest covers the
// two files.
func (c *cifar100) Load(ctx context.Context, src Source) (*Data, error) {
	dir, err := c.find(ctx, src)
	if err != nil {
		return nil, err
	}
	var parts [2]cifar100Examples
	for i, name := range cifar100Files {
		records, path := make([]byte, c.sizes[i]*cifar100Record), filepath.Join(dir, name)
		parts[i] = cifar100Examples{records, c.labelMode == "fine"}
		err := readExactly(path, records)
		if err == nil {
			err = parts[i].check()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w; remove %s and run the command again to download it", path, err, dir)
		}
	}
	return &Data{Train: parts[0], Test: parts[1], Classes: c.Classes(), Shape: c.Shape(),
		Digest: digest(parts[0].records, parts[1].records)}, nil
}

// find returns the folder of the files, as that of cifar10.
func (c *cifar100) find(ctx context.Context, src Source) (string, error) {
	folder := filepath.Join(src.Dir, cifar100Folder)
	if filepath.Base(src.Dir) == cifar100Folder {
		return src.Dir, nil
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		return folder, nil
	}
	return folder, src.unpack(ctx, "cifar100", c.archive, folder)
}

// cifar100Examples is records in the format of the files.
type cifar100Examples struct {
	records []byte
	fine    bool
}

// check verifies that e is complete records with valid labels.
func (e cifar100Examples) check() error {
	if rest := len(e.records) % cifar100Record; rest != 0 {
		return fmt.Errorf("ends at byte %d in the middle of a record of %d bytes", len(e.records), cifar100Record)
	}
	for i := range e.Len() {
		coarse, fine := e.records[i*cifar100Record], e.records[i*cifar100Record+1]
		if int(coarse) >= len(cifar100Coarse) || int(fine) >= len(cifar100Fine) {
			return fmt.Errorf("damaged at byte %d: labels %d and %d of record %d are not below %d and %d",
				i*cifar100Record, coarse, fine, i, len(cifar100Coarse), len(cifar100Fine))
		}
	}
	return nil
}

func (e cifar100Examples) Len() int { return len(e.records) / cifar100Record }

func (e cifar100Examples) Label(i int) int {
	if e.fine {
		return int(e.records[i*cifar100Record+1])
	}
	return int(e.records[i*cifar100Record])
}

func (e cifar100Examples) Image(dst []float32, i int) error {
	planesToPixels(dst, e.records[i*cifar100Record+2:])
	return nil
}
