#!/usr/bin/env bash
# The same with GNU parallel: several runs at once, which share the cores. If started again, it
# trains what is not finished; for that it reads the runs, since parallel's --resume counts jobs
# and would take others for done after RATES or SEEDS have changed.
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

left=()
for rate in ${RATES:-0.01 0.003 0.001 0.0003}; do
  for seed in ${SEEDS:-0}; do
    out=runs/$name-parallel/rate-$rate-seed-$seed
    if grep -qs '"status": "finished"' "$out/run.json"; then
      continue
    elif [ -e "$out/run.json" ]; then
      "$cnntrain" runs rm --yes "$out" # interrupted
    fi
    left+=("$rate $seed")
  done
done
[ ${#left[@]} -eq 0 ] || printf '%s\n' "${left[@]}" | parallel --jobs "$jobs" --colsep ' ' --quote \
  "$cnntrain" fit "$spec" --threads "$threads" --set "train.optimizer.learning_rate={1}" --seed "{2}" \
  --out "runs/$name-parallel/rate-{1}-seed-{2}" "$@"
"$cnntrain" runs --dir "runs/$name-parallel" --sort val_accuracy
