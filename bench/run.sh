#!/usr/bin/env bash
# Median answers a second, and the daemon's CPU time for each answer, over loopback with dnsperf.
#
#   bench/run.sh        SECONDS_EACH=5 RUNS=5 BUILD=build
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build} seconds=${SECONDS_EACH:-5} runs=${RUNS:-5}
workload=bench/workloads/private-names.txt
address=127.0.53.1 port=5300
folder=$(mktemp -d)
daemon=
finish() {
  [ -z "$daemon" ] || { kill "$daemon" 2>/dev/null || true; wait "$daemon" || true; }
  rm -rf "$folder"
}
trap finish EXIT

# User and system time of a process in clock ticks: fields 14 and 15 of proc(5) stat, counted after
# the command's name, which may hold anything.
cpu_ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }

answering() { dig "@$address" -p "$port" +tries=1 +timeout=1 corp.internal SOA >/dev/null 2>&1; }

# Prints `answers-a-second microseconds-of-CPU-for-each` of one run.
one_run() {
  local before after
  before=$(cpu_ticks "$daemon")
  dnsperf -s "$address" -p "$port" -d "$workload" -l "$seconds" -c 4 -q 200 >"$folder/dnsperf"
  after=$(cpu_ticks "$daemon")
  awk -v ticks=$((after - before)) -v hertz="$(getconf CLK_TCK)" '
    /Queries completed:/ { answers = $3 }
    /Queries per second:/ { rate = $4 }
    END { printf "%.0f %.2f\n", rate, ticks / hertz / answers * 1e6 }' "$folder/dnsperf"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

measure() {  # title, value of --query-log
  "$build/inlet53d" --config conf/demo.toml --workers 1 --query-log "$2" 2>"$folder/operator.log" &
  daemon=$!
  until answering; do
    kill -0 "$daemon" 2>/dev/null || { cat "$folder/operator.log" >&2; exit 1; }
  done
  one_run >/dev/null  # warm
  for _ in $(seq "$runs"); do one_run; done >"$folder/runs"
  printf '%-22s %10s answers/s %8s µs of CPU each\n' "$1" \
    "$(cut -d' ' -f1 "$folder/runs" | median)" "$(cut -d' ' -f2 "$folder/runs" | median)"
  kill "$daemon"; wait "$daemon" || true
  daemon=
}

echo "machine: $(nproc) x $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), Linux $(uname -r)"
echo "commit: $(git describe --always --dirty 2>/dev/null || echo unknown); $runs runs of $seconds s"
measure "without a query log" off
measure "with the query log" "$folder/query.log"
