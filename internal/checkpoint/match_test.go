package checkpoint

import "testing"

func TestMatchSaysHowTheyDiffer(t *testing.T) {
	a, b, c := Tensor{Name: "a", Shape: []int{2}}, Tensor{Name: "b", Shape: []int{3, 3}}, Tensor{Name: "c", Shape: []int{}}
	a4 := Tensor{Name: "a", Shape: []int{4}}
	many := []Tensor{{Name: "m1"}, {Name: "m2"}, {Name: "m3"}, {Name: "m4"}, {Name: "m5"}}
	const start = "checkpoint of another architecture: "
	for name, m := range map[string]struct {
		have, want []Tensor
		err        string
	}{
		"the same":            {[]Tensor{a, b, c}, []Tensor{a, b, c}, ""},
		"order is free":       {[]Tensor{b, c, a}, []Tensor{a, b, c}, ""},
		"scalar is a scalar":  {[]Tensor{c}, []Tensor{{Name: "c"}}, ""},
		"nothing for nothing": {nil, nil, ""},
		"other shape":         {[]Tensor{a, b}, []Tensor{a4, b}, "a is [2], the model needs [4]"},
		"missing":             {[]Tensor{a}, []Tensor{a, b}, "missing b [3 3]"},
		"unexpected":          {[]Tensor{a, b, c}, []Tensor{b}, "unexpected a [2], c []"},
		"all three":           {[]Tensor{a, b}, []Tensor{a4, c}, "a is [2], the model needs [4]; missing c []; unexpected b [3 3]"},
		"few of many":         {nil, many, "missing m1 [], m2 [], m3 [] and 2 more"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Match(m.have, m.want)
			switch {
			case m.err == "" && err != nil:
				t.Error(err)
			case m.err != "" && (err == nil || err.Error() != start+m.err):
				t.Errorf("got  %v\nwant %s", err, start+m.err)
			}
		})
	}
}

func TestHalfIsExactForAllValues(t *testing.T) {
	for h := range 1 << 16 {
		exp, frac := h>>10&0x1f, h&0x3ff
		want := float64(frac) / (1 << 24)
		switch {
		case exp == 0x1f && frac != 0:
			if got := half(uint16(h)); got == got {
				t.Fatalf("%04x is %v, want NaN", h, got)
			}
			continue
		case exp == 0x1f:
			want = float64(inf)
		case exp > 0:
			want = float64(1024+frac) * float64(uint64(1)<<exp) / (1 << 25)
		}
		if h>>15 == 1 {
			want = -want
		}
		if got := half(uint16(h)); float64(got) != want {
			t.Fatalf("%04x is %v, want %v", h, got, want)
		}
	}
}

func TestBF16IsTheUpperHalfOfAFloat32(t *testing.T) {
	f, err := decode(append(file(tensor("BF16", "[2]", "[0,4]"), 0), 0x80, 0x3f, 0x20, 0xc0))
	if err != nil {
		t.Fatal(err)
	}
	if d := f.Tensors[0].Data; d[0] != 1 || d[1] != -2.5 {
		t.Errorf("got %v, want [1 -2.5]", d)
	}
}
