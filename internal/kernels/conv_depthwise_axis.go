package kernels

// A depthwiseAxis is one axis of a depthwise convolution.
type depthwiseAxis struct {
	in, out, taps            int
	stride, dilation, before int
}

func (s *Depthwise) rowAxis() depthwiseAxis {
	return depthwiseAxis{s.H, s.OH, s.KH, s.SH, s.GapH + 1, s.Top}
}

func (s *Depthwise) colAxis() depthwiseAxis {
	return depthwiseAxis{s.W, s.OW, s.KW, s.SW, s.GapW + 1, s.Left}
}

// A depthwiseRun is results along an axis that are sums over the same taps of the filters:
// result at + i·step, with i below count, is a sum over j below taps, of the filters' position
// tap + j·tapStep and the operand's position from + i·stride + j·fromStep. Padding is left out.
type depthwiseRun struct {
	at, count, step   int
	from, stride      int
	tap, taps         int
	tapStep, fromStep int
}

// window returns outputs from position o on, of which all but those at the borders have all
// taps.
func (a depthwiseAxis) window(o int) depthwiseRun {
	start := o*a.stride - a.before
	from, to := inside(start, a.taps, a.dilation-1, a.in)
	r := depthwiseRun{o, 1, 1, start + from*a.dilation, a.stride, from, max(0, to-from), 1, a.dilation}
	if r.taps == a.taps {
		last := (a.in - span(a.taps, a.dilation-1) + a.before) / a.stride
		r.count = min(a.out-1, last) - o + 1
	}
	if r.taps == 0 {
		r.from = 0
	}
	return r
}

// source returns positions of the input from i on, as sums over the outputs whose windows
// they are in. Tap k of output o reads position o·stride - before + k·dilation. So the taps
// that read a position lie stride/g apart, and their outputs dilation/g, where g is the
// greatest common divisor of both; larger taps belong to smaller outputs.
func (a depthwiseAxis) source(i int) depthwiseRun {
	g := gcd(a.stride, a.dilation)
	r := depthwiseRun{at: i, count: 1, step: a.stride, stride: 1, tapStep: -a.stride / g, fromStep: a.dilation / g}
	tap := 0
	for (i+a.before-tap*a.dilation)%a.stride != 0 {
		if tap++; tap >= min(a.taps, a.stride) {
			return r // no window has this position
		}
	}
	output := (i + a.before - tap*a.dilation) / a.stride
	taps := (a.taps - 1 - tap) / -r.tapStep // after this one
	first := output - taps*r.fromStep
	if output < a.out && first >= 0 {
		r.count = min(a.out-output, blocks(a.in-i, a.stride))
	}
	skip := max(0, blocks(-first, r.fromStep)) // outputs before the first
	drop := max(0, blocks(output-(a.out-1), r.fromStep))
	if r.taps = taps + 1 - skip - drop; r.taps <= 0 {
		r.taps = 0
		return r
	}
	r.from = first + skip*r.fromStep
	r.tap = tap - (taps-skip)*r.tapStep
	return r
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
