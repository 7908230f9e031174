//go:build !mpi

package mpi

import (
	"fmt"

	"cnntrain/internal/comm"
)

// Library returns the name of the MPI library: none in this build.
const Library = ""

// Open returns the World of a process that trains alone. It is an error if the process was
// started as one of several, because each would train the same.
func Open() (comm.World, error) {
	if n := Launched(); n > 1 {
		return nil, fmt.Errorf("this process is one of %d, but the program was built without MPI; build it with: CGO_ENABLED=1 CC=mpicc go build -tags mpi ./cmd/cnntrain, or set %s=0 to train in each process alone", n, off)
	}
	return comm.Self{}, nil
}
