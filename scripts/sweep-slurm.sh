#!/usr/bin/env bash
#SBATCH --job-name=cnntrain
#SBATCH --array=0-11
#SBATCH --cpus-per-task=8
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --output=%x-%A-%a.log
# The same as a job array of Slurm: task number N trains setting number N. Datasets have
# to lie where all nodes see them; fetch them first, on a node with a network:
#
#   cnntrain data fetch cifar10 --data-dir ~/data
#   sbatch scripts/sweep-slurm.sh specs/lenet5.yaml --data-dir ~/data
#   cnntrain runs --dir runs/lenet5-slurm --sort val_accuracy
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: sbatch $0 SPEC [OPTION OF FIT...]" >&2; exit 2; }
spec=$1
shift
name=$(basename "$spec" .yaml)
read -ra rates <<<"${RATES:-0.01 0.003 0.001 0.0003}"
read -ra seeds <<<"${SEEDS:-0 1 2}"

task=${SLURM_ARRAY_TASK_ID:?this is a task of a job array; start it with sbatch}
[ "$task" -lt $((${#rates[@]} * ${#seeds[@]})) ] || exit 0 # the array is longer than the list
rate=${rates[task / ${#seeds[@]}]}
seed=${seeds[task % ${#seeds[@]}]}

exec "${CNNTRAIN:-cnntrain}" fit "$spec" --threads "${SLURM_CPUS_PER_TASK:-1}" \
  --set "train.optimizer.learning_rate=$rate" --seed "$seed" \
  --out "runs/$name-slurm/${SLURM_ARRAY_JOB_ID:-0}-$task-rate-$rate-seed-$seed" "$@"
