package kernels

// Groups of few channels and filters leave most lanes of vectors unused. Several of them are
// computed as one group, with filters that are 0 for the channels of the others: the added
// products are 0, so the sums are the same unless a value is not finite. With groups of 4 this is
// 2.5 times as fast as one by one, with groups of 8 no faster.
const (
	joinedMost = 4 // groups
	joinedFew  = 4 // channels and filters of a group at most
)

// joinedGroups is how many groups are computed as one.
func (s *Conv) joinedGroups() int {
	groups := s.groups()
	if current() == &generic || max(s.C, s.F)/groups > joinedFew {
		return 1
	}
	m := min(groups, joinedMost)
	for groups%m != 0 {
		m--
	}
	return m
}

// joinGroups returns the filters of joined groups, in scratch memory, and sets s to them.
func (s *Conv) joinGroups(w []float32, m int) []float32 {
	c, f := s.C/s.groups(), s.F/s.groups()
	wide := takeScratch(s.KH * s.KW * m * c * s.F)
	clear(wide)
	for tap := range s.KH * s.KW {
		for i := range c {
			from := w[(tap*c+i)*s.F:][:s.F]
			for g := range s.groups() {
				copy(wide[(tap*m*c+g%m*c+i)*s.F+g*f:][:f], from[g*f:])
			}
		}
	}
	s.Groups = s.groups() / m
	return wide
}
