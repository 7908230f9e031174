package dataset

import "cnntrain/internal/catalog"

var _ = Datasets.Add(catalog.Entry[Dataset]{
	Name:    "mnist",
	Keras:   "keras.datasets.mnist",
	Example: "mnist",
	Doc: `MNIST: 70,000 greyscale handwritten digits of 28x28 pixels, 10,000 of them for testing.

Read from the folder mnist in the data folder, IDX files plain or gzipped; downloaded
(12 MB) if missing. Source: LeCun, Bottou, Bengio and Haffner, Gradient-based
learning applied to document recognition, 1998.`,
	New: func(*catalog.Options) Dataset {
		return &idxSet{name: "mnist", classes: digits, files: mnistFiles, sizes: [2]int{60_000, 10_000}}
	},
})

var digits = []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}

const mnistURL = "https://storage.googleapis.com/cvdf-datasets/mnist/"

// Sizes and SHA-256 are those of TensorFlow Datasets (url_checksums/mnist.txt), for the
// copy of the files that it uses.
var mnistFiles = [4]remote{
	{mnistURL + "train-images-idx3-ubyte.gz", 9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
	{mnistURL + "train-labels-idx1-ubyte.gz", 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
	{mnistURL + "t10k-images-idx3-ubyte.gz", 1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
	{mnistURL + "t10k-labels-idx1-ubyte.gz", 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
}
