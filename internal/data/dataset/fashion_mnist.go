package dataset

import "cnntrain/internal/catalog"

var _ = Datasets.Add(catalog.Entry[Dataset]{
	Name:    "fashion_mnist",
	Keras:   "keras.datasets.fashion_mnist",
	Example: "fashion_mnist",
	Doc: `Fashion-MNIST: 70,000 greyscale images of clothes of 28x28 pixels in ten classes, 10,000 of them for testing.

Read from the folder fashion_mnist in the data folder, IDX files plain or gzipped;
downloaded (31 MB) if missing. Source: Xiao, Rasul and Vollgraf,
Fashion-MNIST, 2017.`,
	New: func(*catalog.Options) Dataset {
		return &idxSet{name: "fashion_mnist", classes: clothes, files: fashionFiles, sizes: [2]int{60_000, 10_000}}
	},
})

var clothes = []string{"t-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"}

// The publisher's own server, fashion-mnist.s3-website.eu-central-1.amazonaws.com, has no
// TLS; Keras serves the same files with it.
const fashionURL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

// Sizes and SHA-256 are those of TensorFlow Datasets (url_checksums/fashion_mnist.txt).
var fashionFiles = [4]remote{
	{fashionURL + "train-images-idx3-ubyte.gz", 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
	{fashionURL + "train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
	{fashionURL + "t10k-images-idx3-ubyte.gz", 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
	{fashionURL + "t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"},
}
