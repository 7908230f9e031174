#!/usr/bin/env bash
# Trains the seed specs on real data, with cnntrain and with Keras, for docs/MODELS.md.
#
#   bench/models/run.sh cnntrain|keras DATA_DIR OUT_DIR SEED...
#
# DATA_DIR has cifar-10-batches-bin and mnist. Each training goes to OUT_DIR/WHO/SPEC-SEED
# and is skipped if that exists, so the script can be interrupted and restarted.
# $CNNTRAIN is the program (default: cnntrain), $KERAS_PYTHON a Python with the
# requirements of bench/parity (default: python3). One thread each.
set -euo pipefail

who=$1 data=$2 out=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
cnntrain=${CNNTRAIN:-cnntrain}
python=${KERAS_PYTHON:-python3}
export OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1

# train NAME SPEC SEED FLAG...
train() {
  local name=$1 spec=$here/../../specs/$2.yaml seed=$3 to=$out/$who/$1-$3
  shift 3
  [ -e "$to/result.json" ] && return
  rm -rf "$to"
  mkdir -p "$out/$who"
  # Overfitting is visible only without early stopping.
  set -- --set "train.seed=$seed" --set train.early_stopping.patience=1000 --set train.early_stopping.restore_best_weights=false "$@"
  echo "$(date +%T) $who $name, seed $seed"
  if [ "$who" = cnntrain ]; then
    {
      "$cnntrain" fit "$spec" --data-dir "$data" --threads 1 --out "$to" "$@"
      # Training metrics are worse with augmentation and dropout: evaluated without.
      "$cnntrain" eval "$to/last.safetensors" --split train --data-dir "$data" --threads 1 --json >"$to/train.json"
      "$cnntrain" eval "$to/last.safetensors" --data-dir "$data" --threads 1 --json >"$to/result.json"
    } >"$to.log" 2>&1
  else
    mkdir "$to"
    "$cnntrain" validate --resolved "$spec" "$@" >"$to/spec.yaml"
    "$python" "$here/keras_fit.py" "$to/spec.yaml" --data-dir "$data" --out "$to" 2>"$to.log"
  fi
}

for seed in "$@"; do
  for spec in lenet5 lenet5-dropout lenet5-bn lenet5-bn-pre lenet5-augment lenet5-all; do
    train "$spec" "$spec" "$seed"
  done
  train lenet5-mnist lenet5-mnist "$seed"
done
# The large models: a tenth of the training images, one to two hours on two cores.
for spec in alexnet vgg13 vgg13-bn vgg16 vgg16-bn vgg19; do
  train "$spec" "$spec" "$1" --set train.epochs=5 --set data.limit=5000
done
