#!/usr/bin/env bash
# The same with GNU parallel: several runs at once, which share the cores.
# With --joblog and --resume-failed it continues where it stopped.
#
#   JOBS=4 RATES="0.01 0.001" SEEDS="0 1 2" scripts/sweep-parallel.sh specs/lenet5.yaml
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: $0 SPEC [OPTION OF FIT...]" >&2; exit 2; }
spec=$1
shift
name=$(basename "$spec" .yaml)
cnntrain=${CNNTRAIN:-cnntrain}
jobs=${JOBS:-2}
cores=$(getconf _NPROCESSORS_ONLN)
threads=$((cores > jobs ? cores / jobs : 1))
read -ra rates <<<"${RATES:-0.01 0.003 0.001 0.0003}"
read -ra seeds <<<"${SEEDS:-0}"

mkdir -p "runs/$name-parallel"
# Folders of interrupted runs would prevent a retry.
for run in "runs/$name-parallel"/*/run.json; do
  if [ -e "$run" ] && ! grep -q '"status": "finished"' "$run"; then
    "$cnntrain" runs rm --yes "$(dirname "$run")"
  fi
done
parallel --jobs "$jobs" --joblog "runs/$name-parallel/joblog" --resume-failed --quote \
  "$cnntrain" fit "$spec" --threads "$threads" --set "train.optimizer.learning_rate={1}" --seed "{2}" \
  --out "runs/$name-parallel/rate-{1}-seed-{2}" "$@" ::: "${rates[@]}" ::: "${seeds[@]}"
"$cnntrain" runs --dir "runs/$name-parallel" --sort val_accuracy
