#!/usr/bin/env bash
# Trains on ranks in network namespaces of this machine, one rank each with one thread and
# one processor, over links of a given rate, and prints milliseconds a step.
#
#   sudo bench/cluster/network.sh RATE SPEC STEPS [RANKS] [-- OPTION OF FIT...]
#   sudo bench/cluster/network.sh 1gbit specs/vgg13.yaml 30 -- --data-dir ~/data
#
# RATE is in the syntax of tc, or "none". $CNNTRAIN is a program built for Open MPI (default:
# cnntrain). Each namespace has a veth whose other end is on a bridge; both directions are
# shaped by tbf. The delay is that of the kernel; if it has sch_netem, $DELAY (0.05ms) is added
# at both ends of each way.
set -euo pipefail
rate=$1 spec=$2 steps=$3 ranks=2
shift 3
if [ $# -gt 0 ] && [ "$1" != -- ]; then
  ranks=$1
  shift
fi
[ "${1:-}" != -- ] || shift
program=$(command -v "${CNNTRAIN:-cnntrain}")
mpirun=$(command -v mpirun.openmpi || command -v mpirun)
work=$(mktemp -d)
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

clean() {
  for i in $(seq "$ranks"); do ip netns del "cnn$i" 2>/dev/null || true; done
  ip link del cnnbr 2>/dev/null || true
  rm -rf "$work"
}
trap clean EXIT

ip link add cnnbr type bridge
ip link set cnnbr up
hosts=()
for i in $(seq "$ranks"); do
  ip netns add "cnn$i"
  ip link add "cnnv$i" type veth peer name eth0 netns "cnn$i"
  ip link set "cnnv$i" master cnnbr up
  ip -n "cnn$i" addr add "10.77.0.$i/24" dev eth0
  ip -n "cnn$i" link set lo up
  ip -n "cnn$i" link set eth0 up
  if [ "$rate" != none ]; then
    tc qdisc add dev "cnnv$i" root handle 1: tbf rate "$rate" burst 512kb latency 20ms
    tc -n "cnn$i" qdisc add dev eth0 root handle 1: tbf rate "$rate" burst 512kb latency 20ms
    if tc qdisc add dev "cnnv$i" parent 1:1 netem delay "${DELAY:-0.05ms}" 2>/dev/null; then
      tc -n "cnn$i" qdisc add dev eth0 parent 1:1 netem delay "${DELAY:-0.05ms}"
    elif [ "$i" = 1 ]; then
      echo "the kernel has no netem: no delay is added" >&2
    fi
  fi
  hosts+=("10.77.0.$i:1")
done

# The command with which mpirun starts its daemons, in place of ssh.
cat >"$work/agent" <<'AGENT'
#!/bin/sh
host=$1
shift
exec ip netns exec "cnn${host##*.}" sh -c "$*"
AGENT
chmod +x "$work/agent"

list=$(IFS=,; echo "${hosts[*]}")
ip netns exec cnn1 "$mpirun" --mca plm_rsh_agent "$work/agent" --mca oob_tcp_if_include 10.77.0.0/24 \
  --mca btl self,tcp --mca btl_tcp_if_include 10.77.0.0/24 --mca pml ob1 --bind-to none \
  --host "$list" -n "$ranks" "$program" fit "$spec" --threads 1 --epochs 2 --limit $((steps * 32)) \
  --set data.validation_split=0.0 --set train.early_stopping=null --out "$work/run" "$@" >&2
awk -F, -v steps="$steps" -v rate="$rate" 'END { printf "%s: %.1f ms a step\n", rate, 1000 * $(NF-1) / steps }' "$work/run/metrics.csv"
