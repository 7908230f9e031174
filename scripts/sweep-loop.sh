#!/usr/bin/env bash
# Trains a spec with several learning rates and seeds, one after the other. If started again,
# it continues where it stopped. Settings are environment variables:
#
#   RATES="0.01 0.001" SEEDS="0 1 2" scripts/sweep-loop.sh specs/lenet5.yaml --epochs 5
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: $0 SPEC [OPTION OF FIT...]" >&2; exit 2; }
spec=$1
shift
name=$(basename "$spec" .yaml)
cnntrain=${CNNTRAIN:-cnntrain}

for rate in ${RATES:-0.01 0.003 0.001 0.0003}; do
  for seed in ${SEEDS:-0}; do
    out=runs/$name-loop/rate-$rate-seed-$seed
    if grep -qs '"status": "finished"' "$out/run.json"; then
      continue
    elif [ -e "$out/run.json" ]; then
      "$cnntrain" runs rm --yes "$out" # interrupted
    fi
    "$cnntrain" fit "$spec" --set "train.optimizer.learning_rate=$rate" --seed "$seed" --out "$out" "$@"
  done
done
"$cnntrain" runs --dir "runs/$name-loop" --sort val_accuracy
