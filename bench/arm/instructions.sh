#!/usr/bin/env bash
# Counts the instructions of a benchmark of kernels on arm64 (NEON) and amd64 (AVX2) under
# qemu: half the difference between three iterations and one.
# Usage: bench/arm/instructions.sh BENCHMARK, such as LeNet5Step/threads=1 or
# Conv2D/32x16x16x64,3x3x128/(forward|gradX|gradW)/(neon|avx2)
set -euo pipefail
cd "$(dirname "$0")/../../internal/kernels"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export CGO_ENABLED=0 GOMAXPROCS=1 GOGC=off GODEBUG=asyncpreemptoff=1

# qemu logs each block of code that it translates and each block that it executes.
# shellcheck disable=SC2016 # awk's own variables
count='
  /^Trace/ { split($0, part, "/"); sub(/^0+/, "", part[2]); entered[part[2]]++; next }
  /^IN:/ { first = 1; next }
  /^0x/ {
    pc = $1; sub(/^0x0*/, "", pc); sub(/:$/, "", pc)
    if (first) { block = pc; size[block] = 0; first = 0 }
    size[block]++
  }
  END { for (block in entered) all += entered[block] * size[block]; printf "%.0f\n", all }'

instructions() { # ARCH ROUNDS
  local qemu=(qemu-aarch64-static)
  [ "$1" = arm64 ] || qemu=(qemu-x86_64-static -cpu max)
  mkfifo "$out/log"
  "${qemu[@]}" -d in_asm,exec,nochain -D "$out/log" "$out/$1" -test.run '^$' -test.bench "$benchmark" \
    -test.benchtime "${2}x" >"$out/said" 2>&1 &
  awk "$count" <"$out/log"
  wait $! || { cat "$out/said" >&2; return 1; }
  rm "$out/log"
}
benchmark=$1
for arch in arm64 amd64; do
  GOARCH=$arch go test -c -o "$out/$arch" .
  one=$(instructions $arch 1)
  three=$(instructions $arch 3)
  echo "$benchmark $arch: $(((three - one) / 2)) instructions"
done
