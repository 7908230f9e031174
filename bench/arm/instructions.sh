#!/usr/bin/env bash
# Counts the instructions of training, by images, on arm64 (NEON) and amd64 (AVX2) under
# qemu: the difference between a longer and a shorter training on one thread.
# Usage: bench/arm/instructions.sh SPEC SHORTER LONGER [OPTIONS OF FIT...]
# Environment: DATA, the folder of the datasets.
set -euo pipefail
cd "$(dirname "$0")/../.."
spec=$1 shorter=$2 longer=$3
shift 3
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export CGO_ENABLED=0 GOMAXPROCS=1 GOGC=off GODEBUG=asyncpreemptoff=1
for arch in arm64 amd64; do
  GOARCH=$arch go build -o "$out/$arch" ./cmd/cnntrain
done

# count LOG: qemu logs each block of code that it translates and each one that it enters.
count='
  /^Trace/ { split($0, part, "/"); sub(/^0+/, "", part[2]); entered[part[2]]++; next }
  /^IN:/ { first = 1; next }
  /^0x/ {
    pc = $1; sub(/^0x0*/, "", pc); sub(/:$/, "", pc)
    if (first) { block = pc; size[block] = adds[block] = 0; first = 0 }
    size[block]++
    if ($0 ~ /fmla|vfn?madd/) adds[block]++
  }
  END {
    for (block in entered) { all += entered[block] * size[block]; fused += entered[block] * adds[block] }
    printf "%.0f %.0f\n", all, fused
  }'
measure() { # ARCH QEMU CPU IMAGES OPTIONS...
  local arch=$1 qemu=$2 cpu=$3 images=$4
  shift 4
  mkfifo "$out/log"
  awk "$count" <"$out/log" &
  local counter=$!
  "$qemu" ${CPU:+-cpu "$CPU"} -d in_asm,exec,nochain -D "$out/log" "$out/$arch" fit "specs/$spec.yaml" --epochs 1 \
    --limit "$images" --threads 1 --cpu "$cpu" ${DATA:+--data-dir "$DATA"} "$@" \
    --out "$out/$spec-$arch-$images" >"$out/said" 2>&1 || { cat "$out/said" >&2; kill $counter; return 1; }
  wait $counter
  rm "$out/log"
}
for set in "arm64 qemu-aarch64-static neon" "amd64 qemu-x86_64-static avx2"; do
  # shellcheck disable=SC2086
  set -- $set "$@"
  [ "$1" = arm64 ] && CPU= || CPU=max
  first=$(measure "$1" "$2" "$3" "$shorter" "${@:4}")
  second=$(measure "$1" "$2" "$3" "$longer" "${@:4}")
  echo "$spec $3: $first $second" | awk -v images=$((longer - shorter)) '
    { printf "%s %s %.0f instructions an image, %.0f of them multiply-adds\n", $1, $2, ($5 - $3) / images, ($6 - $4) / images }'
  shift 3
done
