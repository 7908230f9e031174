// Package mpi makes the processes started by mpirun or srun the ranks of a job. It needs an
// MPI library, so it is included only in programs built with the tag mpi:
//
//	CGO_ENABLED=1 CC=mpicc go build -tags mpi ./cmd/cnntrain
//
// Any implementation of MPI 3.1 works; the binary is for the one whose mpicc built it.
package mpi

import (
	"os"
	"strconv"
)

// sizes lists the variables in which launchers give the number of processes: Open MPI;
// MPICH, Intel MPI and other users of PMI; mpirun_rsh of MVAPICH; srun, for each step of a job.
var sizes = []string{"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"}

// off is the variable that, if 0, makes each process train alone.
const off = "CNNTRAIN_MPI"

// launched returns the number of processes that the launcher started; 1 without a launcher.
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

// Launched returns the number of processes that train together; 1 for a process that trains
// alone.
func Launched() int { return launched(os.Getenv) }

// ranks lists the variables with the number of a process.
var ranks = []string{"OMPI_COMM_WORLD_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK", "SLURM_PROCID"}

// Speaks reports whether this process is the first of those that train together, before
// they communicate.
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
