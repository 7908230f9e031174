#!/usr/bin/env bash
# Trains each spec on amd64, with AVX-512 and AVX2, and on arm64 under qemu, with NEON, and
# compares the digests of the best weights. Usage: bench/arm/digests.sh [SPEC:EXAMPLES...]
# Environment: DATA, the folder of the datasets; EPOCHS (2).
set -euo pipefail
cd "$(dirname "$0")/../.."
qemu="qemu-aarch64-static" # from Debian's qemu-user-static
command -v "$qemu" >/dev/null || { echo "SKIPPED: no $qemu"; exit 0; }
[ $# -gt 0 ] || set -- quickstart:320 lenet5:320 lenet5-bn:320 lenet5-dropout:320 lenet5-augment:320
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export CGO_ENABLED=0
go build -o "$out/amd64" ./cmd/cnntrain
GOARCH=arm64 go build -o "$out/arm64" ./cmd/cnntrain
failed=0
for arg in "$@"; do
  spec=${arg%%:*} digests=
  for cpu in avx512 avx2 neon; do
    run=("$out/amd64")
    [ "$cpu" != neon ] || run=("$qemu" "$out/arm64")
    case $cpu in
    avx*) grep -q "$cpu" /proc/cpuinfo || { echo "$spec: SKIPPED: this machine has no $cpu"; continue; } ;;
    esac
    "${run[@]}" fit "specs/$spec.yaml" --epochs "${EPOCHS:-2}" --limit "${arg##*:}" --cpu "$cpu" \
      ${DATA:+--data-dir "$DATA"} --out "$out/$spec-$cpu" >"$out/log" 2>&1 || { cat "$out/log"; exit 1; }
    digest=$(sha256sum <"$out/$spec-$cpu/best.safetensors")
    digests+="${digest:0:64}"$'\n'
    printf '%s\t%s\t%s\n' "$spec" "$cpu" "${digest:0:16}"
  done
  [ "$(sort -u <<<"${digests%$'\n'}" | wc -l)" = 1 ] || { echo "$spec: the weights differ"; failed=1; }
done
exit $failed
