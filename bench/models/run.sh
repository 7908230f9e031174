#!/usr/bin/env bash
# Trains the specs on real data, with cnntrain and with Keras, for docs/MODELS.md.
#
#   bench/models/run.sh cnntrain|keras DATA_DIR OUT_DIR SEED...
#   bench/models/run.sh full|full-keras DATA_DIR OUT_DIR [SPEC...]
#   bench/models/run.sh fast|fast-torch DATA_DIR OUT_DIR SEED...
#   bench/models/run.sh evaluate DATA_DIR OUT_DIR
#
# The first form trains LeNet5 for a fixed number of epochs. full trains the large specs on all data
# until early stopping ends it, with all threads, seed 0 (hours each); fast trains cifar10-fast for 3, 5,
# 7 and 10 epochs. evaluate adds to the finished run folders in OUT_DIR what table.py needs beside
# run.json: they may come from elsewhere and have any names. A full training that was interrupted is
# resumed.
#
# DATA_DIR has cifar-10-batches-bin and mnist. Each training goes to OUT_DIR/WHO/SPEC-SEED
# and is skipped if that exists, so the script can be interrupted and restarted.
# $CNNTRAIN is the program (default: cnntrain), $KERAS_PYTHON a Python with the
# requirements of bench/parity and PyYAML (default: python3), $TORCH_PYTHON one with those of
# requirements-torch.txt. LeNet5 has one thread.
set -euo pipefail

who=$1 data=$2 out=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
cnntrain=${CNNTRAIN:-cnntrain}
python=${KERAS_PYTHON:-python3}

# keep FILE COMMAND... writes the output of a command to a file that is there only if the command succeeds.
keep() {
  local file=$1
  shift
  "$@" >"$file.part"
  mv "$file.part" "$file"
}

# resumed TO ARG... trains in folder TO, or goes on there, and does nothing if that is finished.
resumed() {
  local to=$1
  shift
  mkdir -p "$out"
  if [ -e "$to/run.json" ] && [ ! -s "$to/run.json" ] && [ ! -e "$to/last.safetensors" ]; then
    "$cnntrain" runs rm --yes "$to" # ended before its training began
  fi
  if [ ! -e "$to/run.json" ]; then
    "$cnntrain" fit "$@" --data-dir "$data" --out "$to"
  elif ! grep -q '"status": *"finished"' "$to/run.json"; then
    "$cnntrain" fit --resume "$to"
  fi
}

# evaluate TO evaluates the best weights on the training images, without dropout and augmentation, and
# those of cifar10-fast on views of the test images.
evaluate() {
  grep -q '"status": *"finished"' "$1/run.json" || return 0
  [ -e "$1/train.json" ] || keep "$1/train.json" "$cnntrain" eval "$1" --split train --data-dir "$data" --json
  if [ ! -e "$1/tta.json" ] && grep -q '"name": *"cifar10-fast"' "$1/run.json"; then
    keep "$1/tta.json" "$cnntrain" eval "$1" --tta flip,shift --data-dir "$data" --json
  fi
}

large="alexnet vgg13 vgg13-bn vgg16 vgg16-bn vgg19 resnet20"
case $who in
full)
  # shellcheck disable=SC2086
  [ $# -gt 0 ] || set -- $large
  for spec in "$@"; do
    resumed "$out/$spec" "$here/../../specs/$spec.yaml"
    evaluate "$out/$spec"
  done
  exit ;;
full-keras)
  [ $# -gt 0 ] || set -- vgg13 vgg13-bn
  for spec in "$@"; do
    to=$out/keras/$spec-0
    [ -e "$to/result.json" ] && continue
    mkdir -p "$to"
    "$cnntrain" validate --resolved "$here/../../specs/$spec.yaml" >"$to/spec.yaml"
    "$python" "$here/keras_fit.py" "$to/spec.yaml" --data-dir "$data" --out "$to"
  done
  exit ;;
fast | fast-torch)
  for epochs in 10 7 5 3; do
    for seed in "$@"; do
      to=$out/$who-$epochs-$seed
      if [ "$who" = fast ]; then
        resumed "$to" "$here/../../specs/cifar10-fast.yaml" --epochs "$epochs" --seed "$seed"
        evaluate "$to"
      elif [ ! -e "$to.jsonl" ]; then
        rm -f "$to.part" # of a training that was interrupted: torch_fast.py appends
        "${TORCH_PYTHON:-python3}" "$here/torch_fast.py" "$data" --epochs "$epochs" --seed "$seed" --out "$to.part"
        mv "$to.part" "$to.jsonl"
      fi
    done
  done
  exit ;;
evaluate)
  for run in "$out"/*/; do
    if [ -e "${run}run.json" ]; then evaluate "${run%/}"; fi
  done
  exit ;;
esac

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
      keep "$to/train.json" "$cnntrain" eval "$to/last.safetensors" --split train --data-dir "$data" --threads 1 --json
      keep "$to/result.json" "$cnntrain" eval "$to/last.safetensors" --data-dir "$data" --threads 1 --json
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
