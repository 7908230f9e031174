#!/bin/sh
# Trains the members of a sweep.
#SBATCH --job-name=cnntrain-rates-1
#SBATCH --array=0-2,4,6-7%2
#SBATCH --output="/data/my \"100%%\" sweeps/slurm-%A-%a.log"
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:TERM@60
#SBATCH --account=vision
#SBATCH --partition=cpu
#SBATCH --time=0-04:00
#SBATCH --cpus-per-task=8
#SBATCH --mem=8G
#SBATCH --dependency=afterany:17
cd '/home/it'\''s me' || exit 1
CNNTRAIN_MPI=0 # a member trains by itself
export CNNTRAIN_MPI
exec /usr/bin/cnntrain sweep member 'my sweeps/1' --task "$SLURM_ARRAY_TASK_ID"
