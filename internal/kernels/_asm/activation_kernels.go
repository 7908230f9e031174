package main

// activations are the kernels. Register 0 holds x.
var activations = []activation{
	{"sigmoid", ofOne, "", expConstants, func(a activator) {
		a.sigmoid()
		a.keepNaN(1, 0)
		a.store(0, 1)
	}},
	{"sigmoidGrad", []string{"dx", "y", "dy"}, "", []int{actOne}, func(a activator) {
		a.comment("dx = dy·(y·(1 - y))")
		a.load(0, 1)
		a.constant(1, actOne)
		a.sub(1, 1, 0)
		a.mul(1, 1, 0)
		a.mulAt(1, 1, 2)
		a.store(0, 1)
	}},
	{"silu", ofOne, "", expConstants, func(a activator) {
		a.sigmoid()
		a.comment("out = x·s")
		a.mul(0, 0, 1)
		a.store(0, 0)
	}},
	{"siluGrad", ofTwo, "", expConstants, func(a activator) {
		a.sigmoid()
		a.comment("dx = dy·(s·(1 + x·(1 - s)))")
		a.constant(2, actOne)
		a.constant(3, actOne)
		a.sub(2, 2, 1)
		a.mulAdd(3, 0, 2)
		a.mul(1, 1, 3)
		a.mulAt(1, 1, 2)
		a.store(0, 1)
	}},
	{"gelu", ofOne, "", phiConstants, func(a activator) {
		a.normal()
		a.comment("out = x·Φ")
		a.mul(0, 0, 1)
		a.store(0, 0)
	}},
	{"geluGrad", ofTwo, "", phiConstants, func(a activator) {
		a.normal()
		a.comment("dx = dy·(Φ + x·exp(-x²/2)/√2π)")
		a.with("mul", 0, 0, actDensity)
		a.mulAdd(1, 0, 2)
		a.mulAt(1, 1, 2)
		a.store(0, 1)
	}},
	{"tanh", ofOne, "", expm1Constants, func(a activator) {
		a.load(0, 1)
		a.comment("q = exp(-2·|x|) - 1, t = -q/(q + 2)")
		a.with("or", 2, 0, actSign)
		a.add(2, 2, 2)
		a.expm1(1, 2)
		a.with("add", 2, 1, actTwo)
		a.div(1, 1, 2)
		a.comment("out = x < 0 ? -t : t")
		a.with("or", 1, 1, actSign)
		a.zeroed(2)
		a.sub(3, 2, 1)
		a.whereNegative(3, 0, 1)
		a.keepNaN(3, 0)
		a.store(0, 3)
	}},
	{"tanhGrad", []string{"dx", "y", "dy"}, "", []int{actOne}, func(a activator) {
		a.comment("dx = dy·(1 - y²)")
		a.load(0, 1)
		a.mul(0, 0, 0)
		a.constant(1, actOne)
		a.sub(1, 1, 0)
		a.mulAt(1, 1, 2)
		a.store(0, 1)
	}},
	{"elu", ofOne, "alpha", expm1Constants, func(a activator) {
		a.load(0, 1)
		a.with("or", 2, 0, actSign)
		a.expm1(1, 2)
		a.comment("out = x < 0 ? alpha·(exp(x) - 1) : x")
		a.mul(1, 1, 8)
		a.copy(3, 0)
		a.whereNegative(3, 0, 1)
		a.keepNaN(3, 0)
		a.store(0, 3)
	}},
	{"eluGrad", ofTwo, "alpha", expConstants, func(a activator) {
		a.load(0, 1)
		a.with("or", 2, 0, actSign)
		a.exp(1, 2)
		a.comment("dx = dy·(x > 0 ? 1 : alpha·exp(x))")
		a.mul(1, 1, 8)
		a.constant(3, actOne)
		a.zeroed(2)
		a.unlessGreater(3, 0, 2, 1)
		a.keepNaN(3, 0)
		a.mulAt(3, 3, 2)
		a.store(0, 3)
	}},
	{"selu", ofOne, "", seluConstants, func(a activator) {
		a.load(0, 1)
		a.with("or", 2, 0, actSign)
		a.expm1(1, 2)
		a.comment("out = x < 0 ? scale·alpha·(exp(x) - 1) : scale·x")
		a.with("mul", 1, 1, actSELUBelow)
		a.with("mul", 3, 0, actSELUScale)
		a.whereNegative(3, 0, 1)
		a.keepNaN(3, 0)
		a.store(0, 3)
	}},
	{"seluGrad", ofTwo, "", seluConstants, func(a activator) {
		a.load(0, 1)
		a.with("or", 2, 0, actSign)
		a.exp(1, 2)
		a.comment("dx = dy·(x > 0 ? scale : scale·alpha·exp(x))")
		a.with("mul", 1, 1, actSELUBelow)
		a.constant(3, actSELUScale)
		a.zeroed(2)
		a.unlessGreater(3, 0, 2, 1)
		a.keepNaN(3, 0)
		a.mulAt(3, 3, 2)
		a.store(0, 3)
	}},
	{"softplus", ofOne, "", softplusConstants, func(a activator) {
		a.load(0, 1)
		a.comment("e = exp(-|x|), s = e/(2 + e)")
		a.with("or", 2, 0, actSign)
		a.exp(1, 2)
		a.with("add", 2, 1, actTwo)
		a.div(1, 1, 2)
		a.comment("out = max(x, 0) + 2·artanh(s)")
		a.mul(2, 1, 1)
		a.polynomial(3, 2, 4, actLog5, actLog4, actLog3, actLog2, actLog1, actOne)
		a.mul(3, 3, 1)
		a.add(3, 3, 3)
		a.zeroed(4)
		a.atLeast0(5, 0, 4)
		a.add(3, 3, 5)
		a.keepNaN(3, 0)
		a.store(0, 3)
	}},
	{"softplusGrad", ofTwo, "", expConstants, func(a activator) {
		a.sigmoid()
		a.keepNaN(1, 0)
		a.mulAt(1, 1, 2)
		a.store(0, 1)
	}},
	{"mish", ofOne, "", mishConstants, func(a activator) {
		a.tanhOfSoftplus()
		a.comment("out = x·t")
		a.mul(0, 0, 3)
		a.store(0, 0)
	}},
	{"mishGrad", ofTwo, "", mishConstants, func(a activator) {
		a.tanhOfSoftplus()
		a.comment("s = (x < 0 ? e : 1)/(1 + e)")
		a.with("add", 2, 1, actOne)
		a.constant(4, actOne)
		a.whereNegative(4, 0, 1)
		a.div(4, 4, 2)
		a.comment("dx = dy·(t + x·(1 - t²)·s)")
		a.mul(5, 3, 3)
		a.constant(2, actOne)
		a.sub(2, 2, 5)
		a.mul(2, 2, 4)
		a.mulAdd(3, 0, 2)
		a.mulAt(3, 3, 2)
		a.store(0, 3)
	}},
	{"hardSigmoid", ofOne, "", []int{actThree, actSix, actSixth}, func(a activator) {
		a.hardSigmoid()
		a.store(0, 1)
	}},
	{"hardSigmoidGrad", []string{"dx", "y", "dy"}, "", []int{actOne, actSixth}, func(a activator) {
		a.comment("dx = dy·(0 < y < 1 ? 1/6 : 0)")
		a.load(0, 1)
		a.constant(1, actSixth)
		a.zeroed(2)
		a.whereGreater(1, 0, 2)
		a.constant(2, actOne)
		a.whereGreater(1, 2, 0)
		a.mulAt(1, 1, 2)
		a.store(0, 1)
	}},
	{"hardSiLU", ofOne, "", []int{actThree, actSix, actSixth}, func(a activator) {
		a.hardSigmoid()
		a.comment("out = x·h")
		a.mul(0, 0, 1)
		a.store(0, 0)
	}},
	{"hardSiLUGrad", ofTwo, "", []int{actThree, actSix, actSixth, actOne, actHalf, actThird, actMinusThree}, func(a activator) {
		a.load(0, 1)
		a.comment("g = x/3 + 1/2 where x > -3, else 0; 1 where x >= 3")
		a.constant(1, actHalf)
		a.constant(2, actThird)
		a.mulAdd(1, 0, 2)
		a.constant(2, actMinusThree)
		a.whereGreater(1, 0, 2)
		a.constant(2, actThree)
		a.constant(3, actOne)
		a.unlessGreater(1, 2, 0, 3)
		a.comment("dx = dy·g")
		a.keepNaN(1, 0)
		a.mulAt(1, 1, 2)
		a.store(0, 1)
	}},
	{"capped", ofOne, "most", nil, func(a activator) {
		a.comment("out = min(max(x, 0), most)")
		a.zeroed(1)
		a.atLeast0At(0, 1, 1)
		a.atMost(0, 0, 8)
		a.store(0, 0)
	}},
	{"cappedGrad", []string{"dx", "y", "dy"}, "most", []int{actOne}, func(a activator) {
		a.comment("dx = dy·(y > 0 && !(y >= most) ? 1 : 0)")
		a.load(0, 1)
		a.constant(1, actOne)
		a.zeroed(2)
		a.whereGreater(1, 0, 2)
		a.whereGreater(1, 8, 0)
		a.mulAt(1, 1, 2)
		a.store(0, 1)
	}},
}
