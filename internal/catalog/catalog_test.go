package catalog

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"cnntrain/internal/spec"
)

// A small set of catalogs for tests.

type engine struct{ power float64 }

type car struct {
	wheels int
	load   float64
	size   Pair
	weight Range
	seats  Numbers
	name   string
	sunny  bool
	tags   []string
	engine engine
	extras []engine
	opt    []engine
}

func world() *Catalog[*car] {
	engines := New[engine]("engine")
	engines.Add(Entry[engine]{Name: "petrol", Doc: "Burns.\nMore.", New: func(o *Options) engine { return engine{1} }})
	engines.Add(Entry[engine]{Name: "electric", Doc: "Hums.", New: func(o *Options) engine {
		power := 0.5
		o.Bind(&power, "power", "how strong").Above(0)
		return engine{2}
	}})
	turbos := New[engine]("turbo")
	turbos.Add(Entry[engine]{Name: "turbo", Doc: "Blows.", New: func(o *Options) engine {
		p, power := 0, 0.5
		o.Bind(&p, "stages", "how many").Min(1)
		o.Bind(&power, "pressure", "how much")
		return engine{3}
	}})
	cars := New[*car]("car")
	cars.Add(Entry[*car]{Name: "van", Keras: "Van", Also: []string{"MiniBus2D"}, Doc: "Carries.\n\nA lot.", Example: "van: 4", New: func(o *Options) *car {
		c := &car{load: 0.5, size: Pair{2, 2}}
		o.Bind(&c.wheels, "wheels", "how many wheels").Required().Min(3).Max(8)
		o.Bind(&c.load, "load", "share filled").Min(0).Below(1)
		o.Bind(&c.size, "size", "height and width").Min(1)
		o.Bind(&c.weight, "weight", "tons").Max(9)
		o.Bind(&c.seats, "seats", "places").Min(0).OneOf("many")
		o.Bind(&c.name, "color", "paint").OneOf("red", "green")
		o.Bind(&c.sunny, "open", "no roof")
		o.Bind(&c.tags, "tags", "words")
		Thing(o, engines, &c.engine, "engine", "petrol", "what drives it")
		Things(o, engines, &c.extras, "spares", []string{"petrol"}, "what it carries")
		Each(o, turbos, &c.opt)
		o.Check(func() error {
			if c.wheels == 7 {
				return errors.New("seven wheels wobble")
			}
			return nil
		})
		return c
	}})
	cars.Add(Entry[*car]{Name: "cart", Doc: "Simple.", New: func(*Options) *car { return &car{} }})
	return cars
}

func decode(t *testing.T, text string, sets ...string) (*car, *spec.Item, error) {
	t.Helper()
	var problems spec.Problems
	var overrides []spec.Override
	for _, s := range sets {
		o, err := spec.ParseOverride("layers.0." + s)
		if err != nil {
			t.Fatal(err)
		}
		overrides = append(overrides, o)
	}
	s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers:\n- "+text+"\n"), overrides, &problems)
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	c, _ := world().Decode(s.Layers[0], &problems)
	return c, s.Layers[0], problems.Err()
}

func TestOptionsAreReadInEveryForm(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"van: 4", "{wheels: 4, load: 0.5, size: 2, open: false, tags: [], engine: petrol, spares: [petrol]}"},
		{"van: {wheels: 4, load: 1/4, size: [3, 1], color: red, open: true, tags: [a, b]}",
			"{wheels: 4, load: 0.25, size: [3, 1], color: red, open: true, tags: [a, b], engine: petrol, spares: [petrol]}"},
		{"van: {wheels: 4, weight: [1/2, 3]}",
			"{wheels: 4, load: 0.5, size: 2, weight: [0.5, 3], open: false, tags: [], engine: petrol, spares: [petrol]}"},
		{"van: {wheels: 4, weight: -2}",
			"{wheels: 4, load: 0.5, size: 2, weight: -2, open: false, tags: [], engine: petrol, spares: [petrol]}"},
		{"van: {wheels: 4, seats: [1, 1/2]}",
			"{wheels: 4, load: 0.5, size: 2, seats: [1, 0.5], open: false, tags: [], engine: petrol, spares: [petrol]}"},
		{"van: {wheels: 4, seats: many}",
			"{wheels: 4, load: 0.5, size: 2, seats: many, open: false, tags: [], engine: petrol, spares: [petrol]}"},
		{"van: {wheels: 4, seats: {front: 2, 7: 0.5}}",
			"{wheels: 4, load: 0.5, size: 2, seats: {front: 2, \"7\": 0.5}, open: false, tags: [], engine: petrol, spares: [petrol]}"},
		{"van: {wheels: 4, size: 3, load: null}", "{wheels: 4, load: 0.5, size: 3, open: false, tags: [], engine: petrol, spares: [petrol]}"},
		{"van: {wheels: 4, engine: {electric: 2}, spares: [petrol, electric: {power: 3}]}",
			"{wheels: 4, load: 0.5, size: 2, open: false, tags: [], engine: {electric: {power: 2}}, spares: [petrol, {electric: {power: 3}}]}"},
		{"van: {wheels: 4, spares: [], turbo: 3}",
			"{wheels: 4, load: 0.5, size: 2, open: false, tags: [], engine: petrol, spares: [], turbo: {stages: 3, pressure: 0.5}}"},
	} {
		_, it, err := decode(t, c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := text(it.Resolved); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.text, got, c.want)
		}
		again, it2, err := decode(t, "van: "+text(it.Resolved))
		if err != nil || text(it2.Resolved) != c.want || again == nil {
			t.Errorf("%s: what was resolved does not read back: %v, %v", c.text, text(it2.Resolved), err)
		}
	}
}

func TestSidesAreReadInEveryForm(t *testing.T) {
	bumpers := New[*Sides]("bumper")
	bumpers.Add(Entry[*Sides]{Name: "bumper", New: func(o *Options) *Sides {
		s, quiet := &Sides{{1, 1}, {1, 1}}, true
		o.Bind(s, "sides", "how thick").Min(0)
		o.Bind(&quiet, "soft", "left out where it is true").Quiet()
		return s
	}})
	for _, c := range []struct{ text, want string }{
		{"bumper", "{sides: 1}"},
		{"bumper: 0", "{sides: 0}"},
		{"bumper: [2, 0]", "{sides: [2, 0]}"},
		{"bumper: {sides: [[1, 2], [3, 4]], soft: false}", "{sides: [[1, 2], [3, 4]], soft: false}"},
		{"bumper: [1, [2]]", `x.yaml:3:11: bumper: "sides" must be a whole number, [height, width] or [[top, bottom], [left, right]], got [1, [2]]`},
		{"bumper: [[1, 2], [3, -4]]", `x.yaml:3:11: bumper: "sides" must be at least 0, got [[1, 2], [3, -4]]`},
	} {
		var problems spec.Problems
		it := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers:\n- "+c.text+"\n"), nil, &problems).Layers[0]
		bumpers.Decode(it, &problems)
		got := text(it.Resolved)
		if err := problems.Err(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestProblemsNamePlaceAndFix(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"vann: 4", `x.yaml:3:3: unknown car "vann"; did you mean "van"?`},
		{"van", `x.yaml:3:3: van: missing "wheels": how many wheels`},
		{"van: {wheel: 4}", `x.yaml:3:9: van: unknown option "wheel"; did you mean "wheels"?`},
		{"van: 2", `x.yaml:3:8: van: "wheels" must be from 3 to 8, got 2`},
		{"van: 5.7", `x.yaml:3:8: van: "wheels" must be a whole number, got 5.7`},
		{"van: 99999999999", `x.yaml:3:8: van: "wheels" must be a whole number, got 99999999999`},
		{"van: [4]", `x.yaml:3:8: van: "wheels" must be a whole number, got [4]`},
		{"van: {wheels: 4, load: 1}", `x.yaml:3:26: van: "load" must be from 0 up to, not including, 1, got 1`},
		{"van: {wheels: 4, load: .nan}", `x.yaml:3:26: van: "load" must be a number, got .nan`},
		{"van: {wheels: 4, load: 1/0}", `x.yaml:3:26: van: "load" must be a number, got 1/0`},
		{"van: {wheels: 4, size: [1, 2, 3]}", `x.yaml:3:26: van: "size" must be a whole number or [height, width], got [1, 2, 3]`},
		{"van: {wheels: 4, size: [1, 0]}", `x.yaml:3:26: van: "size" must be at least 1, got [1, 0]`},
		{"van: {wheels: 4, weight: [1, 2, 3]}", `x.yaml:3:28: van: "weight" must be a number or [lower, upper], got [1, 2, 3]`},
		{"van: {wheels: 4, weight: [1, 10]}", `x.yaml:3:28: van: "weight" must be at most 9, got [1, 10]`},
		{"van: {wheels: 4, seats: 2}", `x.yaml:3:27: van: "seats" must be a list of numbers or {name: number}, got 2`},
		{"van: {wheels: 4, seats: few}", `x.yaml:3:27: van: "seats" cannot be "few"; known: many`},
		{"van: {wheels: 4, seats: {back: -1}}", `x.yaml:3:27: van: "seats" must be at least 0, got {back: -1}`},
		{"van: {wheels: 4, color: rde}", `x.yaml:3:27: van: "color" cannot be "rde"; did you mean "red"?`},
		{"van: {wheels: 4, open: yes}", `x.yaml:3:26: van: "open" must be true or false, got yes`},
		{"van: {wheels: 4, tags: {a: b}}", `x.yaml:3:26: van: "tags" must be a list of names, got {a: b}`},
		{"van: {wheels: 4, engine: steam}", `x.yaml:3:28: unknown engine "steam"; known: electric, petrol`},
		{"van: {wheels: 4, engine: {electric: 0}}", `x.yaml:3:39: electric: "power" must be greater than 0, got 0`},
		{"van: {wheels: 4, engine: [petrol]}", `x.yaml:3:28: van: "engine" must be a name or {name: options}; known: electric, petrol`},
		{"van: {wheels: 4, engine: ''}", `x.yaml:3:28: van: "engine" must be a name or {name: options}; known: electric, petrol`},
		{"van: {wheels: 4, engine: {&a : 1}}", `x.yaml:3:28: van: "engine" must be a name or {name: options}; known: electric, petrol`},
		{"van: {wheels: 4, spares: [petrol, [x]]}", `x.yaml:3:37: van: "spares" must be a list of names or {name: options}; known: electric, petrol`},
		{"van: {wheels: 4, turbo: 0}", `x.yaml:3:27: turbo: "stages" must be at least 1, got 0`},
		{"van: 7", `x.yaml:3:3: van: seven wheels wobble`},
		{"cart: 7", `x.yaml:3:9: cart: has no main option to set to "7"; write {option: value}`},
	} {
		_, _, err := decode(t, c.text)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s\ngot  %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestOverridesWinAndNameTheirFlag(t *testing.T) {
	for _, c := range []struct {
		text string
		sets []string
		want string // of the resolved options, or the error
	}{
		{"van: 4", []string{"wheels=5", "wheels=6"}, "wheels: 6"},
		{"van", []string{"wheels=5"}, "wheels: 5"},
		{"van: 4", []string{"van.load=0.25"}, "load: 0.25"},
		{"van: 4", []string{"engine=electric"}, "engine: {electric: {power: 0.5}}"},
		{"van: 4", []string{"engine=electric", "engine.power=9"}, "engine: {electric: {power: 9}}"},
		{"van: {wheels: 4, engine: {electric: 3}}", []string{"engine.power=9"}, "engine: {electric: {power: 9}}"},
		{"van: {wheels: 4, engine: electric}", []string{"engine.electric.power=9"}, "engine: {electric: {power: 9}}"},
		{"van: 4", []string{"turbo.stages=2"}, "turbo: {stages: 2"},
		{"van: 4", []string{"turbo=2"}, "turbo: {stages: 2"},
		{"van: 4", []string{"wheels=2"}, `--set layers.0.wheels=2: van: "wheels" must be from 3 to 8, got 2`},
		{"van: 4", []string{"whels=2"}, `--set layers.0.whels=2: van: unknown option "whels"; did you mean "wheels"?`},
		{"van: 4", []string{"wheels.x=2"}, `--set layers.0.wheels.x=2: van: "wheels" has no parts such as "x"; set it whole`},
		{"van: 4", []string{"engine.power=9"}, `--set layers.0.engine.power=9: petrol: unknown option "power"`},
		{"van: 4", []string{"spares.0=electric"}, `--set layers.0.spares.0=electric: van: "spares" is a list; set it whole`},
		{"van: 4", []string{"engine=steam"}, `--set layers.0.engine=steam: unknown engine "steam"; known: electric, petrol`},
	} {
		_, it, err := decode(t, c.text, c.sets...)
		got := text(it.Resolved)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) || strings.HasPrefix(c.want, "--set") && got != c.want {
			t.Errorf("%s %v\ngot  %s\nwant %s", c.text, c.sets, got, c.want)
		}
	}
}

func TestSectionsAreSharedByTheirOwners(t *testing.T) {
	var problems spec.Problems
	s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers: [a]\ntrain: {epochs: 3, rate: 0.5, epoch: 4}\n"), nil, &problems)
	epochs, rate := 1, 1.0
	DecodeSection(s.Train, &problems, func(o *Options) { o.Bind(&epochs, "epochs", "how long") })
	DecodeSection(s.Train, &problems, func(o *Options) { o.Bind(&rate, "rate", "how fast") })
	s.Train.CheckUnknown(&problems)
	if epochs != 3 || rate != 0.5 {
		t.Errorf("epochs %d, rate %g", epochs, rate)
	}
	if want := `x.yaml:3:31: train: unknown option "epoch"; did you mean "epochs"?`; fmt.Sprint(problems.Err()) != want {
		t.Errorf("got  %v\nwant %s", problems.Err(), want)
	}
	if got := text(s.Train.Resolved); got != "{epochs: 3, rate: 0.5}" {
		t.Errorf("resolved to %s", got)
	}
}

func TestTwoThingsOfOneNameCannotBe(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("the second one was taken")
		}
	}()
	world().Add(Entry[*car]{Name: "van"})
}

func TestAliasStandsForAThing(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"petrol", "petrol"},
		{"./x", "{steam: {from: ./x, heat: 1}}"},
		{"./x.petrol", "{petrol: {octane: ./x.petrol}}"},
		{"x.petrol", "{petrol: {octane: x.petrol}}"},
		{"{./x: null}", "{steam: {from: ./x, heat: 1}}"},
		{"{./x: {heat: 3}}", "{steam: {from: ./x, heat: 3}}"},
		{"{./x: 3}", "x.yaml:3:9: ./x: must be followed by a mapping of the options of steam, or by nothing, got 3"},
		{"{./x: [a]}", "x.yaml:3:9: ./x: must be followed by a mapping of the options of steam, or by nothing, got [a]"},
		{"{./x: {from: y}}", "x.yaml:3:10: ./x: is the from already"},
		{"{./x: {heet: 3}}", `x.yaml:3:10: steam: unknown option "heet"; did you mean "heat"?`},
	} {
		engines := New[engine]("engine")
		engines.Aliases = []*Alias{
			{regexp.MustCompile("[.]petrol$"), "petrol", "octane", ""},
			{regexp.MustCompile("/"), "steam", "from", "a path is written /%s"},
		}
		engines.Add(Entry[engine]{Name: "petrol", New: func(o *Options) engine {
			octane := ""
			o.Bind(&octane, "octane", "how much")
			return engine{1}
		}})
		engines.Add(Entry[engine]{Name: "steam", New: func(o *Options) engine {
			from, heat := "", 1
			o.Bind(&from, "from", "where").Required()
			o.Bind(&heat, "heat", "how hot")
			return engine{2}
		}})
		var problems spec.Problems
		s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers:\n- "+c.text+"\n"), nil, &problems)
		_, ok := engines.Decode(s.Layers[0], &problems)
		got := text(s.Layers[0].Node())
		if !ok {
			got = problems.Err().Error()
		}
		if got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestFieldsKnowWhereTheirValueComesFrom(t *testing.T) {
	for _, c := range []struct {
		text string
		sets []string
		want string
	}{
		{"van: 4", nil, "x.yaml:3:8"},
		{"van: {wheels: 4}", nil, "x.yaml:3:17"},
		{"van: {load: 0.5}", []string{"wheels=4"}, "--set layers.0.wheels=4"},
		{"van", nil, "x.yaml:3:3"},
	} {
		var problems spec.Problems
		var overrides []spec.Override
		for _, s := range c.sets {
			o, err := spec.ParseOverride("layers.0." + s)
			if err != nil {
				t.Fatal(err)
			}
			overrides = append(overrides, o)
		}
		s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers:\n- "+c.text+"\n"), overrides, &problems)
		wheels, o := 3, &Options{}
		f := o.Bind(&wheels, "wheels", "how many")
		load := 0.0
		o.Bind(&load, "load", "share filled")
		if o.decode(s.Layers[0], &problems); problems.Err() != nil || f.Pos.String() != c.want {
			t.Errorf("%s: %v, %v, want %s", c.text, f.Pos, problems.Err(), c.want)
		}
	}
}

func TestThingsAreAllOrNone(t *testing.T) {
	for text, want := range map[string]int{"[petrol, electric]": 2, "[]": 0, "[petrol, steam]": -1, "{a: 1, b: 2}": -1} {
		c, _, _ := decode(t, "van: {wheels: 4, spares: "+text+"}")
		if got := len(c.extras); c.extras == nil && want != -1 || c.extras != nil && got != want {
			t.Errorf("%s: %v", text, c.extras)
		}
	}
}

func TestInfoDescribesOptionsAtTheirDefaults(t *testing.T) {
	var b strings.Builder
	info := world().Info("van")
	for _, f := range info.Fields {
		fmt.Fprintf(&b, "%s|%s|%s|%s|%v\n", f.Name, f.Kind(), f.Expected(), f.Default, f.IsRequired())
	}
	want := `wheels|whole number|from 3 to 8||true
load|number|from 0 up to, not including, 1|0.5|false
size|whole number or [height, width]|at least 1|2|false
weight|number or [lower, upper]|at most 9||false
seats|list of numbers or {name: number}|many, or at least 0||false
color|text|red, green||false
open|true or false||false|false
tags|list of names||[]|false
engine|engine||petrol|false
spares|list of engines||[petrol]|false
turbo|turbo|||false
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestNumbersReadBackExactly(t *testing.T) {
	for v, want := range map[float64]string{0.001: "0.001", 1e-7: "1.0e-7", 1.5e-7: "1.5e-7", 1. / 255: "0.00392156862745098", 1e21: "1.0e+21", 2: "2"} {
		if got := number(v); got != want {
			t.Errorf("number(%g) = %s, want %s", v, got, want)
		}
		if back, ok := readNumber(numberNode(v)); !ok || back != v {
			t.Errorf("%s reads back as %g", number(v), back)
		}
	}
}

func TestLimitsInWords(t *testing.T) {
	f := func() *Field { return &Field{} }
	for _, c := range []struct {
		field *Field
		want  string
	}{
		{f().Min(1), "at least 1"}, {f().Above(0), "greater than 0"},
		{f().Max(1), "at most 1"}, {f().Below(1), "less than 1"},
		{f().Min(0).Max(1), "from 0 to 1"}, {f().Min(0).Below(1), "from 0 up to, not including, 1"},
		{f().Above(0).Max(1), "greater than 0 and at most 1"}, {f().Above(0).Below(1), "between 0 and 1, both not included"},
		{f(), ""},
	} {
		if got := c.field.Expected(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestAMappingIsLeftToItsOwner(t *testing.T) {
	for text, want := range map[string]string{
		"{m: {a: [1], b: {c: 2}}}": "{a: [1], b: {c: 2}}",
		"{m: {}}":                  "",
		"{m: 3}":                   `x.yaml:1:5: thing: "m" must be a mapping, got 3`,
	} {
		var problems spec.Problems
		var m Mapping
		it := spec.ParseItem("x.yaml", "thing", []byte(text), &problems)
		DecodeItem(it, &problems, func(o *Options) { o.Bind(&m, "m", "what it is") })
		got := ""
		if err := problems.Err(); err != nil {
			got = err.Error()
		} else if len(m) > 0 {
			got = spec.Text(it.Resolved.Content[1])
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestFindKnowsEverySpelling(t *testing.T) {
	for word, want := range map[string]string{
		"van": "van", "Van": "van", "VAN": "van", "minibus2d": "van", "mini_bus_2d": "van", "Mini-Bus2D": "van",
		"mini": "", "": "", "_": "", "vans": "",
	} {
		if got, ok := Find(world(), word); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v; want %q", word, got, ok, want)
		}
	}
	_, _, err := decode(t, "MiniBus2D: 4")
	if err == nil || !strings.Contains(err.Error(), `unknown car "MiniBus2D"; did you mean "van"?`) {
		t.Errorf("got %v", err)
	}
}

func TestCheckLeavesTheItemAsItIs(t *testing.T) {
	it := &spec.Item{Name: "van"}
	if err := world().Check(it); err == nil || !strings.Contains(err.Error(), `van: missing "wheels"`) || it.Resolved != nil {
		t.Errorf("got %v, %v", err, it.Resolved)
	}
}
