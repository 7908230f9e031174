// Package mpi makes the processes that mpirun or srun starts the ranks of a job. It needs
// an MPI library, so the ranks are there only in programs built with the tag mpi:
//
//	CGO_ENABLED=1 CC=mpicc go build -tags mpi ./cmd/cnntrain
//
// Any implementation of MPI 3.1 will do; the binary is for the one whose mpicc built it.
package mpi

import (
	"os"
	"strconv"
)

// sizes is the variables in which launchers say how many processes they start: Open MPI;
// MPICH, Intel MPI and other users of PMI; srun, for each step of a job.
var sizes = []string{"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}

// off is the variable that makes processes train alone all the same, if it is 0.
const off = "CNNTRAIN_MPI"

// launched returns how many processes the launcher says it has started; 1 without one.
func launched(env func(string) string) int {
	if env(off) == "0" {
		return 1
	}
	for _, name := range sizes {
		if n, err := strconv.Atoi(env(name)); err == nil {
			return max(n, 1)
		}
	}
	return 1
}

// Launched returns how many processes were started to train as one; 1 for a process that
// is to train alone.
func Launched() int { return launched(os.Getenv) }

// ranks is the variables that tell a process its number.
var ranks = []string{"OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID"}

// Speaks reports whether this process is the first of those that were started to train as
// one, before they know of each other.
func Speaks() bool {
	if Launched() == 1 {
		return true
	}
	for _, name := range ranks {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n == 0
		}
	}
	return true
}
