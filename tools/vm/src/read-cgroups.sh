#!/bin/sh
# Prints every value of the kubepods hierarchy that Kubernetes has a formula for: cgroup, file, value, a tab between them. Runs inside the machine.
cd /sys/fs/cgroup || exit 1
find . -path '*kubepods*' -type d | sort | while read -r cgroup; do
  for file in cpu.weight cpu.max memory.max memory.min memory.low memory.high memory.swap.max memory.oom.group pids.max \
    hugetlb.2MB.max hugetlb.2MB.rsvd.max; do
    if [ -e "$cgroup/$file" ]; then printf '%s\t%s\t%s\n' "${cgroup#.}" "$file" "$(cat "$cgroup/$file")"; fi
  done
  for pid in $(cat "$cgroup/cgroup.procs"); do
    printf '%s\toom_score_adj %s\t%s\n' "${cgroup#.}" "$(cat "/proc/$pid/comm")" "$(cat "/proc/$pid/oom_score_adj")"
  done
done
