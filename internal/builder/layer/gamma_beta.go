package layer

import (
	"cnntrain/internal/builder/initializer"
	"cnntrain/internal/builder/regularizer"
	"cnntrain/internal/catalog"

	G "gorgonia.org/gorgonia"
)

// gammaBeta is the common part of layers that scale by gamma and add beta.
type gammaBeta struct {
	center, scale             bool
	betaInit, gammaInit       initializer.Initializer
	betaPenalty, gammaPenalty regularizer.Regularizer
}

// options declares the options and sets the defaults.
func (l *gammaBeta) options(o *catalog.Options) {
	l.center, l.scale = true, true
	o.Bind(&l.center, "center", "whether to add beta")
	o.Bind(&l.scale, "scale", "whether to multiply by gamma")
	initializerOption(o, &l.betaInit, "beta_initializer", "zeros", "initial values of beta")
	initializerOption(o, &l.gammaInit, "gamma_initializer", "ones", "initial values of gamma")
	regularizerOption(o, &l.betaPenalty, "beta_regularizer", "penalty on beta")
	regularizerOption(o, &l.gammaPenalty, "gamma_regularizer", "penalty on gamma")
}

// weights returns gamma and beta, as far as the layer has them.
func (l *gammaBeta) weights(shape Shape) (weights []Weight) {
	if l.scale {
		weights = append(weights, Weight{"gamma", shape, l.gammaInit, true, l.gammaPenalty})
	}
	if l.center {
		weights = append(weights, Weight{"beta", shape, l.betaInit, true, l.betaPenalty})
	}
	return weights
}

// nodes returns gamma and beta of the nodes of weights, nil for those the layer lacks.
func (l *gammaBeta) nodes(w []*G.Node) (gamma, beta *G.Node) {
	if l.scale {
		gamma, w = w[0], w[1:]
	}
	if l.center {
		beta = w[0]
	}
	return gamma, beta
}
