package kernels

// generic is the instruction set of plain Go.
var generic = instructionSet{
	name: "generic",

	tiles:       []tileKernel{{rows: 12, cols: panel, least: 1, run: tileGeneric}},
	wholePanels: wholePanelsGeneric,
	transpose8: func(dst, src []float32, dstRow, srcRow, blocks int) {
		transposeGeneric(dst, src, 8*blocks, 8, dstRow, srcRow)
	},
	addScaled: addScaledGeneric,

	winogradImage: winogradImageGeneric,
	winograd3:     winogradTransforms{winogradFilterGeneric, winogradOutputGeneric, winogradOutputGradGeneric, winogradFilterGradGeneric},
	winograd5:     winogradTransforms{winogradFilter5Generic, winogradOutput5Generic, winogradOutputGrad5Generic, winogradFilterGrad5Generic},

	depthwise:     depthwiseGeneric,
	depthwiseGrad: depthwiseGradGeneric,

	relu:       reluGeneric,
	reluGrad:   reluGradGeneric,
	capped:     cappedGeneric,
	cappedGrad: cappedGradGeneric,
	affine:     affineGeneric,
	combine:    combineGeneric,
	multiply:   multiplyGeneric,
	addProduct: addProductGeneric,
	scale:      scaleGeneric,
	dropout:    dropoutGeneric,
	zeroTimes:  zeroTimesGeneric,

	adam:            adamGeneric,
	adagrad:         adagradGeneric,
	rmsprop:         func(_, _, _ []float32, _, _, _, _ float32) int { return 0 }, // which is more general
	rmspropMomentum: func(_, _, _, _ []float32, _, _, _, _, _ float32) int { return 0 },
	sgd:             sgdGeneric,
	momentum:        momentumGeneric,

	moments:      momentsGeneric,
	norm:         normGeneric,
	normGradSums: normGradSumsGeneric,
	normGrad:     normGradGeneric,

	localNorm:      localNormGeneric,
	localNormTerms: localNormTermsGeneric,

	warpRow: warpRowGeneric,

	multiplyAdds:  multiplyAddsGeneric,
	flopsPerRound: 12 * 2,
}
