#!/usr/bin/env bash
# Compares one process of two threads with two ranks of one thread each, in turns, and prints
# images a second of the second epoch: bench/cluster/ranks.sh SPEC STEPS TURNS [OPTION OF FIT...]
#
# $CNNTRAIN is a program built for the MPI of $MPIRUN (default: cnntrain, mpirun).
set -euo pipefail
spec=$1 steps=$2 turns=$3
shift 3
program=$(command -v "${CNNTRAIN:-cnntrain}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
set -- "$spec" --epochs 2 --limit $((steps * 32)) --set data.validation_split=0.0 --set train.early_stopping=null "$@"
for turn in $(seq "$turns"); do
  "$program" fit "$@" --threads 2 --out "$work/one-$turn" >"$work/log" 2>&1
  "${MPIRUN:-mpirun}" -n 2 "$program" fit "$@" --threads 1 --out "$work/two-$turn" >"$work/log" 2>&1
  paste -d' ' <(tail -n 1 "$work/one-$turn/metrics.csv") <(tail -n 1 "$work/two-$turn/metrics.csv") |
    awk -F'[, ]' '{ n = NF / 2; printf "one process %.1f, two ranks %.1f: %.2f times\n", $n, $NF, $NF / $n }'
done
