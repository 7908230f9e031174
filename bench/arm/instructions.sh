#!/usr/bin/env bash
# Counts the instructions of benchmarks on arm64 (NEON) and amd64 (AVX2) under qemu: half the
# difference between three iterations and one.
# Usage: bench/arm/instructions.sh PACKAGE BENCHMARK..., such as experiment Step/vgg13 or
# kernels 'Conv2D/32x16x16x64,3x3x128/forward/(neon|avx2)'
# Needs Debian's qemu-user (not -static, which has no plugins) and a C compiler.
set -euo pipefail
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cc -shared -fPIC -O1 -o "$out/count.so" instructions.c
cd "../../internal/$1"
shift
export CGO_ENABLED=0 GOMAXPROCS=1 GOGC=off GODEBUG=asyncpreemptoff=1

instructions() { # ARCH BENCHMARK ROUNDS
  local qemu=(qemu-aarch64)
  [ "$1" = arm64 ] || qemu=(qemu-x86_64 -cpu max)
  "${qemu[@]}" -plugin "$out/count.so" "$out/$1" -test.run '^$' -test.bench "$2\$" -test.benchtime "${3}x" >"$out/said" 2>&1 ||
    { cat "$out/said" >&2; return 1; }
  sed -n 's/^instructions: //p' "$out/said"
}
for arch in arm64 amd64; do GOARCH=$arch go test -c -o "$out/$arch" .; done
for benchmark in "$@"; do
  for arch in arm64 amd64; do
    one=$(instructions $arch "$benchmark" 1)
    three=$(instructions $arch "$benchmark" 3)
    echo "$benchmark $arch: $(((three - one) / 2)) instructions"
  done
done
