#!/usr/bin/env bash
# Makes a cgroup of this name in every hierarchy and runs systemd as the first process of namespaces of its own there, on a copy of this machine's
# file system that takes writes to memory. usage: systemd-bed.sh DIRECTORY NAME UNIT
# DIRECTORY stays the same inside and outside. SIGKILL of this process ends everything in it; its cgroups are the caller's to remove.
set -euo pipefail
if [ "${4:-}" != inside ]; then
  awk '$3 ~ /^cgroup/ { print $2 }' /proc/mounts | while read -r hierarchy; do
    mkdir "$hierarchy/$2"
    for file in cpuset.cpus cpuset.mems; do
      [ ! -e "$hierarchy/$2/$file" ] || [ -e "$hierarchy/cgroup.controllers" ] || cat "$hierarchy/$file" > "$hierarchy/$2/$file"
    done
    echo $$ > "$hierarchy/$2/cgroup.procs"
  done
  exec unshare --mount --pid --fork --uts --ipc --net --cgroup --propagation private --kill-child -- bash "$0" "$1" "$2" "$3" inside
fi
directory=$1 root=$1/root
hierarchies=$(awk '$3 ~ /^cgroup/ { print $2, $3, $4 }' /proc/mounts)
mkdir "$root" "$directory/memory"
mount -t tmpfs tmpfs "$directory/memory"
mkdir "$directory/memory/upper" "$directory/memory/work"
mount -t overlay -o "lowerdir=/,upperdir=$directory/memory/upper,workdir=$directory/memory/work" overlay "$root"
mount -t proc proc "$root/proc"
# Kernel settings are the whole machine's.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
grep -q '^/sys/fs/cgroup ' <<< "$hierarchies" || mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
while read -r path type options; do
  mkdir -p "$root$path"
  controllers=$(tr , '\n' <<< "$options" | grep -vxE 'rw|ro|nosuid|nodev|noexec|relatime|noatime|nsdelegate|memory_recursiveprot|memory_localevents|favordynmods|xattr|clone_children|release_agent=.*' | paste -sd, || true)
  case $type:$controllers in
    cgroup2:*) mount -t cgroup2 cgroup2 "$root$path" ;;
    *:name=*) mount -t cgroup -o "none,$controllers" cgroup "$root$path" ;;
    *) mount -t cgroup -o "$controllers" cgroup "$root$path" ;;
  esac
done <<< "$hierarchies"
for path in /run /tmp; do mount -t tmpfs -o mode=1777 tmpfs "$root$path"; done
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
# What may lie on other file systems than / and is needed inside.
for path in "$directory" ${SOLO_BED_PATHS:-}; do mkdir -p "$root$path"; mount --bind "$path" "$root$path"; done
rm -rf "$root/var/log/journal" "$root"/etc/systemd/system/*
mkdir -p "$root/var/log/journal"
printf '%032x\n' $((RANDOM * RANDOM + 1)) > "$root/etc/machine-id"
# Of what an ordinary boot does, only what has no say outside.
rm -rf "$root"/{usr/,}lib/systemd/system/sysinit.target.wants "$root"/{usr/,}lib/systemd/system/local-fs.target.wants
mkdir -p "$root/etc/systemd/system"
printf '[Unit]\nRequires=dbus.socket systemd-journald.socket systemd-journald.service\nWants=systemd-logind.service\nAllowIsolate=yes\n' > "$root/etc/systemd/system/$3"
hostname solo-bed
ip link set lo up
mkdir "$root/outside"
cd "$root"
pivot_root . outside
umount -l /outside
exec env -i container=solo LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system "--unit=$3" --log-target=journal --log-level=info
