package check

import (
	"cmp"
	"math/bits"
	"slices"
)

// Copies is a group of equal or nearly equal images.
type Copies struct {
	Exact  bool    `json:"exact"` // all have the same content
	Images []Image `json:"images"`
}

// first returns the number of images of the split that the others leak from, which come first.
func (c Copies) first() int {
	n := slices.IndexFunc(c.Images, func(m Image) bool { return m.Split != c.Images[0].Split })
	if n < 0 {
		return len(c.Images)
	}
	return n
}

// The largest differences of near copies: bits of the perceptual hash, and values of 255 of a
// picture of 8x8 pixels. Half the size, or JPEG at quality 50, stays well within them
// (TestCopiesAreFound).
const nearBits, nearColor = 4, 16

// addCopies finds groups of copies: images with equal content, and near copies of any in the group.
func (r *Report) addCopies(all []Image) {
	r.Leaks, r.Labels, r.Repeated = []Copies{}, []Copies{}, []Copies{}
	groups := newGroups(len(all))
	first := map[string]int{} // of each content
	var unlike []int
	for i, m := range all {
		if j, ok := first[m.digest]; ok {
			groups.join(i, j)
		} else {
			first[m.digest] = i
			unlike = append(unlike, i)
		}
	}
	nearPairs(all, unlike, groups.join)
	for _, members := range groups.all() {
		c := Copies{Exact: true}
		splits, classes := map[string]bool{}, map[int]bool{}
		for _, i := range members {
			m := all[i]
			c.Images = append(c.Images, m)
			c.Exact = c.Exact && m.digest == all[members[0]].digest
			splits[m.Split], classes[m.class] = true, true
		}
		slices.SortStableFunc(c.Images, func(a, b Image) int {
			return cmp.Or(cmp.Compare(order[a.Split], order[b.Split]), cmp.Compare(a.File, b.File))
		})
		if len(splits) > 1 {
			r.Leaks = append(r.Leaks, c)
		}
		if len(classes) > 1 {
			r.Labels = append(r.Labels, c)
		}
		if len(splits) == 1 && len(classes) == 1 {
			r.Repeated = append(r.Repeated, c)
		}
	}
}

// order is the order of splits in which images leak from one into the next.
var order = map[string]int{"train": 0, "val": 1, "test": 2}

// nearPairs calls join for images that are nearly the same. Hashes that differ in nearBits are
// the same in one of nearBits+1 parts: only images that share a part are compared.
func nearPairs(all []Image, of []int, join func(i, j int)) {
	const parts = nearBits + 1
	const width = (64 + parts - 1) / parts
	for part := range parts {
		buckets := map[uint64][]int{}
		for _, i := range of {
			key := all[i].print.Hash >> (part * width) & (1<<width - 1)
			for _, j := range buckets[key] {
				if near(&all[i], &all[j]) {
					join(i, j)
				}
			}
			buckets[key] = append(buckets[key], i)
		}
	}
}

func near(a, b *Image) bool {
	if bits.OnesCount64(a.print.Hash^b.print.Hash) > nearBits {
		return false
	}
	for i, v := range a.print.Colors {
		if d := int(v) - int(b.print.Colors[i]); d > nearColor || d < -nearColor {
			return false
		}
	}
	// Photos of a series are alike too, but not of another shape.
	return a.size.X*b.size.Y*100 <= a.size.Y*b.size.X*103 && b.size.X*a.size.Y*100 <= b.size.Y*a.size.X*103
}

// groups is a union-find structure.
type groups []int // parent of each number, itself for a root

func newGroups(n int) groups {
	g := make(groups, n)
	for i := range g {
		g[i] = i
	}
	return g
}

func (g groups) root(i int) int {
	for g[i] != i {
		g[i] = g[g[i]]
		i = g[i]
	}
	return i
}

// join merges two groups; the lower root becomes the root of both.
func (g groups) join(i, j int) {
	a, b := g.root(i), g.root(j)
	g[max(a, b)] = min(a, b)
}

// all returns the groups with several members, each sorted, ordered by their first number.
func (g groups) all() (found [][]int) {
	at := map[int]int{}
	for i := range g {
		if root := g.root(i); root != i {
			k, ok := at[root]
			if !ok {
				k = len(found)
				at[root], found = k, append(found, []int{root})
			}
			found[k] = append(found[k], i)
		}
	}
	slices.SortFunc(found, func(a, b []int) int { return a[0] - b[0] })
	return found
}
