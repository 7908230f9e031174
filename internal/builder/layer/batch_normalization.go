package layer

import (
	"math"

	"cnntrain/internal/builder/initializer"
	"cnntrain/internal/builder/regularizer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "batch_normalization",
	Keras:   "BatchNormalization",
	Also:    []string{"BatchNorm"},
	Example: "batch_normalization: {momentum: 0.9}",
	Input:   []int{3, 2, 4},
	Doc: `Normalizes each channel to mean 0 and variance 1, then scales it by gamma and adds beta, which are learned.

Training uses the mean and variance of the batch and updates moving averages of them.
Inference uses the moving averages (Ioffe and Szegedy 2015). The channels are the last axis.
With ` + "`trainable: false`" + ` the averages are used, and stay, in training too.`,
	New: func(o *catalog.Options) Layer {
		l := &batchNormalization{momentum: 0.99, epsilon: 0.001, center: true, scale: true}
		o.Bind(&l.momentum, "momentum", "momentum of the moving averages: the fraction kept in each step").Min(0).Max(1)
		o.Bind(&l.epsilon, "epsilon", "added to the variance to avoid division by zero").Min(0)
		o.Bind(&l.center, "center", "whether to add beta")
		o.Bind(&l.scale, "scale", "whether to multiply by gamma")
		o.Bind(&l.sync, "synchronized", "whether ranks compute mean and variance over the global batch, rather than each over its shard (docs/CLUSTER.md)").Short("sync").Quiet()
		initializerOption(o, &l.betaInit, "beta_initializer", "zeros", "initial values of beta")
		initializerOption(o, &l.gammaInit, "gamma_initializer", "ones", "initial values of gamma")
		initializerOption(o, &l.meanInit, "moving_mean_initializer", "zeros", "initial values of the moving mean")
		initializerOption(o, &l.varianceInit, "moving_variance_initializer", "ones", "initial values of the moving variance")
		regularizerOption(o, &l.betaPenalty, "beta_regularizer", "penalty on beta")
		regularizerOption(o, &l.gammaPenalty, "gamma_regularizer", "penalty on gamma")
		return l
	},
})

type batchNormalization struct {
	momentum, epsilon         float64
	center, scale, sync       bool
	betaInit, gammaInit       initializer.Initializer
	meanInit, varianceInit    initializer.Initializer
	betaPenalty, gammaPenalty regularizer.Regularizer
}

func (l *batchNormalization) Shape(in Shape) (Shape, error) { return in, nil }

func (l *batchNormalization) Weights(in Shape) []Weight {
	channels := in[len(in)-1:]
	var weights []Weight
	if l.scale {
		weights = append(weights, Weight{"gamma", channels, l.gammaInit, true, l.gammaPenalty})
	}
	if l.center {
		weights = append(weights, Weight{"beta", channels, l.betaInit, true, l.betaPenalty})
	}
	return append(weights,
		Weight{"moving_mean", channels, l.meanInit, false, nil},
		Weight{"moving_variance", channels, l.varianceInit, false, nil})
}

func (l *batchNormalization) Build(g *Graph, x *G.Node, w []*G.Node) *G.Node {
	n := ops.Norm{X: x, Epsilon: l.epsilon}
	if l.scale {
		n.Gamma, w = w[0], w[1:]
	}
	if l.center {
		n.Beta, w = w[0], w[1:]
	}
	n.Mean, n.Variance = w[0], w[1]
	if g.Training && !g.Averages {
		n.Batch = true
		if l.sync {
			n.Whole = g.Mean
		}
		n.Mean, n.Variance = ops.BatchMoments(x, w[0], w[1], l.momentum, n.Whole)
	}
	return ops.BatchNorm(n)
}

// A Normalizer is a layer that in inference computes scale·x + offset for each channel.
type Normalizer interface {
	// ScaleAndOffset returns both from the layer's weights.
	ScaleAndOffset(weights [][]float32) (scale, offset []float64)
}

// ScaleAndOffset implements [Normalizer].
func (l *batchNormalization) ScaleAndOffset(w [][]float32) (scale, offset []float64) {
	scale, offset = make([]float64, len(w[0])), make([]float64, len(w[0]))
	mean, variance := w[len(w)-2], w[len(w)-1]
	for c := range scale {
		scale[c] = 1 / math.Sqrt(float64(variance[c])+l.epsilon)
		if l.scale {
			scale[c] *= float64(w[0][c])
		}
		if l.center {
			offset[c] = float64(w[len(w)-3][c])
		}
		offset[c] -= float64(float64(mean[c]) * scale[c])
	}
	return scale, offset
}
