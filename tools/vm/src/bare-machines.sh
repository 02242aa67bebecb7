#!/usr/bin/env bash
# Makes disks of Debian without a kubelet, as they are before they are provisioned.
# usage: bare-machines.sh SUITE DIRECTORY CA.pem
# Leaves DIRECTORY/cloud.img (cloud-init), DIRECTORY/ignition.img (Debian's containerd and Ignition), a kernel and an initrd of each, and in DIRECTORY/debs
# what the first one will install. Both trust the CA. Needs debootstrap, e2fsprogs, root. A second call makes the disks anew and keeps the rest.
set -euo pipefail
suite=$1 dir=$2 ca=$3
mkdir -p "$dir"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | grep -vm 1 security) ||
  { echo 'apt knows no Debian mirror; apt-get update' >&2; exit 1; }
packages=linux-image-cloud-amd64,systemd,systemd-sysv,systemd-resolved,dbus,udev,kmod,iproute2,netplan.io,cloud-init,ca-certificates
later='containerd containernetworking-plugins iptables'
# In a mount namespace of its own, so that nothing stays mounted whatever ends it.
inside() {
  unshare --mount sh -euc 'for fs in proc sys; do mount --rbind "/$fs" "$0/$fs"; done; exec chroot "$0" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"' "$@"
}

if [ ! -e "$dir/bare.done" ]; then
  for mounted in proc sys; do ! mountpoint -q "$dir/bare/$mounted" || umount "$dir/bare/$mounted"; done
  rm -rf --one-file-system "$dir/bare"
  debootstrap --variant=minbase --include="$packages" "$suite" "$dir/bare" "$mirror"
  mkdir -p "$dir/debs"
  inside "$dir/bare" apt-get install --yes --download-only $later curl libstdc++6
  mv "$dir"/bare/var/cache/apt/archives/*.deb "$dir/debs/"
  touch "$dir/bare.done"
fi
if [ ! -e "$dir/ignition.done" ]; then
  rm -rf --one-file-system "$dir/ignition"
  cp -a "$dir/bare" "$dir/ignition"
  echo "deb $mirror $suite main" > "$dir/ignition/etc/apt/sources.list"
  inside "$dir/ignition" apt-get update
  inside "$dir/ignition" apt-get install --yes --no-install-recommends $later curl libstdc++6 dracut dracut-network ignition
  inside "$dir/ignition" apt-get purge --yes cloud-init
  rm -f "$dir/ignition/var/cache/apt/archives/"*.deb
  touch "$dir/ignition.done"
fi

# As whoever makes an image of a company: its authorities are trusted, machines tell apart, and packages come from its own mirror.
finish() {
  install -D -m 0644 "$ca" "$1/usr/local/share/ca-certificates/fleet.crt"
  inside "$1" update-ca-certificates --fresh > /dev/null
  printf '/dev/vda / ext4 rw,noatime 0 0\n' > "$1/etc/fstab"
  rm -f "$1/etc/hostname" "$1/var/lib/dbus/machine-id"
  for timer in apt-daily apt-daily-upgrade e2scrub_all fstrim dpkg-db-backup; do ln -sf /dev/null "$1/etc/systemd/system/$timer.timer"; done
}
disk() {
  rm -f "$dir/$1.img"
  truncate -s 6G "$dir/$1.img"
  mke2fs -q -F -t ext4 -L root -d "$2" "$dir/$1.img"
  cp "$2"/boot/vmlinuz-* "$dir/$1.vmlinuz"
}

finish "$dir/bare"
: > "$dir/bare/etc/machine-id"
rm -f "$dir/bare/etc/apt/sources.list" "$dir/bare/etc/apt/sources.list.d/"*
echo 'deb [trusted=yes] http://10.0.2.100/debian ./' > "$dir/bare/etc/apt/sources.list"
printf 'apt:\n  preserve_sources_list: true\n' > "$dir/bare/etc/cloud/cloud.cfg.d/90_mirror.cfg"
disk cloud "$dir/bare"
cp "$dir/bare"/boot/initrd.img-* "$dir/cloud.initrd"

finish "$dir/ignition"
# Ignition enables units by presets, which count at a first boot: that of a machine without an id.
rm -f "$dir/ignition/etc/machine-id"
printf '[Match]\nName=en* eth*\n\n[Network]\nDHCP=yes\n' > "$dir/ignition/etc/systemd/network/80-dhcp.network"
inside "$dir/ignition" systemctl enable systemd-networkd > /dev/null
# Debian's Ignition relabels files for SELinux on every machine, and fails on one that has none.
install -d "$dir/ignition/etc/selinux"
printf 'SELINUX=disabled\nSELINUXTYPE=default\n' > "$dir/ignition/etc/selinux/config"
[ -e "$dir/ignition/usr/sbin/setfiles" ] || install -m 0755 /dev/stdin "$dir/ignition/usr/sbin/setfiles" <<< $'#!/bin/sh\nexit 0'
version=$(basename "$dir"/ignition/lib/modules/*)
inside "$dir/ignition" dracut --force --quiet --no-hostonly --add 'ignition systemd-networkd' --add-drivers 'virtio_pci virtio_blk virtio_net ext4 qemu_fw_cfg' \
  /boot/ignition.initrd "$version"
mv "$dir/ignition/boot/ignition.initrd" "$dir/ignition.initrd"
disk ignition "$dir/ignition"
