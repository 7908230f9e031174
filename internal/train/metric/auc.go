package metric

import (
	"math"

	"cnntrain/internal/catalog"
)

var _ = Metrics.Add(catalog.Entry[Metric]{
	Name:    "auc",
	Keras:   "AUC",
	Example: "auc: {multi_label: true}",
	Doc: `Area under the ROC or precision-recall curve: how well the probability of a class separates its examples from the rest.

Each class is compared with the rest. As in Keras, these binary decisions are pooled by
default; with ` + "`multi_label`" + ` the area is computed for each class and averaged.`,
	New: func(o *catalog.Options) Metric {
		m := &auc{thresholds: 200, curve: "ROC", summation: "interpolation"}
		o.Bind(&m.thresholds, "num_thresholds", "number of thresholds, from 0 to 1, at which the curve is computed").Min(2).Max(100_000)
		o.Bind(&m.curve, "curve", "ROC: true positive rate against false positive rate; PR: precision against recall").OneOf("ROC", "PR")
		o.Bind(&m.summation, "summation_method", "how the curve is summed between two thresholds: linearly (interpolation), at the lower of the two (minoring) or at the higher (majoring)").OneOf("interpolation", "minoring", "majoring")
		o.Bind(&m.each, "multi_label", "whether to average the areas of the classes instead of pooling them")
		return m
	},
})

type auc struct {
	thresholds int
	curve      string
	summation  string
	each       bool
}

func (*auc) Name() string { return "auc" }

// Sums are two histograms per curve: the numbers of probabilities between two thresholds,
// first those of true classes, then those of other classes.
func (m *auc) Sums(classes int) int {
	if m.each {
		return 2 * m.thresholds * classes
	}
	return 2 * m.thresholds
}

func (m *auc) Add(sums []float64, e Example) {
	for c, p := range e.Probabilities {
		at := sums
		if m.each {
			at = sums[2*m.thresholds*c:]
		}
		// The number of thresholds below p, without the first. They are evenly spaced; the first
		// is below 0 and the last above 1. NaN, which ends the step, lies above the first alone.
		k, last := 0, float32(m.thresholds-1)
		if p > 0 {
			k = int(math.Ceil(float64(min(p, 1)*last))) - 1
		}
		if !e.True[c] {
			k += m.thresholds
		}
		at[k]++
	}
}

func (m *auc) Value(sums []float64, n int) float64 {
	size := 2 * m.thresholds
	curves := len(sums) / size
	total := 0.0
	for c := range curves {
		of := sums[size*c:][:size]
		total += m.area(above(of[:m.thresholds]), above(of[m.thresholds:]))
	}
	return total / float64(curves)
}

// above returns how many probabilities lie above each threshold.
func above(counts []float64) []float64 {
	n := make([]float64, len(counts))
	sum := 0.0
	for i := len(counts) - 1; i >= 0; i-- {
		sum += counts[i]
		n[i] = sum
	}
	return n
}

// area is the area under the curve of the numbers of true and false positives at each
// threshold.
func (m *auc) area(tp, fp []float64) (area float64) {
	positive, negative := tp[0], fp[0] // all lie above the first
	for i := range m.thresholds - 1 {
		if m.curve == "PR" && m.summation == "interpolation" {
			area += ratio(precisionBetween(tp[i], fp[i], tp[i+1], fp[i+1]), positive)
			continue
		}
		x, y := ratio(fp[i], negative), ratio(tp[i], positive)
		nextX, nextY := ratio(fp[i+1], negative), ratio(tp[i+1], positive)
		if m.curve == "PR" {
			x, y = ratio(tp[i], positive), ratio(tp[i], tp[i]+fp[i])
			nextX, nextY = ratio(tp[i+1], positive), ratio(tp[i+1], tp[i+1]+fp[i+1])
		}
		height := (y + nextY) / 2
		switch m.summation {
		case "minoring":
			height = min(y, nextY)
		case "majoring":
			height = max(y, nextY)
		}
		area += float64((x - nextX) * height)
	}
	return area
}

// precisionBetween is the integral of precision over true positives between two thresholds,
// with true and false positives interpolated linearly (Davis and Goadrich, The Relationship
// Between Precision-Recall and ROC Curves, 2006, in the closed form of Keras).
func precisionBetween(tp, fp, nextTP, nextFP float64) float64 {
	p, next := tp+fp, nextTP+nextFP // predicted positives
	slope := ratio(tp-nextTP, max(p-next, 0))
	grown := 1.0
	if p > 0 && next > 0 {
		grown = p / next
	}
	return slope * (tp - nextTP + float64((nextTP-float64(slope*next))*math.Log(grown)))
}
