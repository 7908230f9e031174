package machine

import (
	"math/rand/v2"
	"testing"
)

func TestPackLetsRoomsMeetOnlyAtOtherTimes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var rooms []*room
		for range 1 + rng.IntN(40) {
			first := rng.IntN(30)
			rooms = append(rooms, &room{size: 1 + rng.IntN(500), first: first, last: first + rng.IntN(10)})
		}
		size := pack(rooms)
		for i, a := range rooms {
			if a.at%align != 0 || a.at+a.size > size {
				t.Fatalf("%+v in %d", *a, size)
			}
			for _, b := range rooms[:i] {
				if a.first <= b.last && b.first <= a.last && a.at < b.at+b.size && b.at < a.at+a.size {
					t.Fatalf("%+v and %+v overlap", *a, *b)
				}
			}
		}
	}
}
