package mpi

import "testing"

// Within an allocation of Slurm, mpirun's variables count, not those of the step that it runs in.
func TestLaunchersAreUnderstood(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want int
	}{
		{nil, 1},
		{map[string]string{"OMPI_COMM_WORLD_SIZE": "4", "SLURM_STEP_NUM_TASKS": "2"}, 4},
		{map[string]string{"PMI_SIZE": "3", "SLURM_STEP_NUM_TASKS": "1"}, 3},
		{map[string]string{"MV2_COMM_WORLD_SIZE": "2"}, 2},
		{map[string]string{"SLURM_STEP_NUM_TASKS": "8"}, 8},
		{map[string]string{"SLURM_NTASKS": "8"}, 1}, // of the job: sbatch's script itself is one process
		{map[string]string{"SLURM_STEP_NUM_TASKS": "8", "CNNTRAIN_MPI": "0"}, 1},
		{map[string]string{"PMI_SIZE": "", "OMPI_COMM_WORLD_SIZE": "x"}, 1},
	} {
		if got := launched(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%v: %d processes, want %d", c.env, got, c.want)
		}
	}
}
