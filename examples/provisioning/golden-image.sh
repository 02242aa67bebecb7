#!/bin/sh
# Makes a disk image of Debian that boots, without a network, into running Pods: containerd, the kubelet, its service and a bundle with manifests and images are
# in it. The image is the same on every box: host keys and the machine's id are made at the first boot.
#
#   golden-image.sh --deb solo-kubelet_0.1.0_amd64.deb --key site.pub --bundle site.tar box.img
#
# Needs root, debootstrap, parted, e2fsprogs and util-linux. The bundle is one of "kubelet-cli bundle create" for the architecture of this machine; its manifests
# run when the kubelet starts for the first time, and its images are imported before that. Packages come from where debootstrap has them, or from --mirror URL.
set -eu

suite=trixie
mirror=''
size=4G
url=bundle:
deb='' key='' bundle='' output=''
usage() {
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  exit 2
}
while [ $# -gt 0 ]; do
  case $1 in
    --deb) deb=${2:?} ; shift 2 ;;
    --key) key=${2:?} ; shift 2 ;;
    --bundle) bundle=${2:?} ; shift 2 ;;
    --url) url=${2:?} ; shift 2 ;;
    --suite) suite=${2:?} ; shift 2 ;;
    --mirror) mirror=${2:?} ; shift 2 ;;
    --size) size=${2:?} ; shift 2 ;;
    -*) usage ;;
    *) [ -z "$output" ] || usage ; output=$1 ; shift ;;
  esac
done
[ -n "$deb" ] && [ -n "$key" ] && [ -n "$bundle" ] && [ -n "$output" ] || usage
for file in "$deb" "$key" "$bundle"; do [ -r "$file" ] || { echo "$file: can not be read" >&2; exit 1; }; done
for program in debootstrap parted mkfs.ext4 losetup partx; do
  command -v "$program" >/dev/null || { echo "$program is not installed" >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo 'only root can make an image' >&2; exit 1; }

work=$(mktemp -d)
loop=''
cleanup() {
  for directory in dev/pts dev proc sys ''; do
    if mountpoint -q "$work/root/$directory"; then umount "$work/root/$directory"; fi
  done
  if [ -n "$loop" ]; then
    partx --delete "$loop" 2>/dev/null || true
    losetup --detach "$loop"
  fi
  rm -rf --one-file-system "$work"
}
trap 'cleanup; rm -f "$output.new"' EXIT

# One partition, booted by GRUB in the BIOS's way, which every virtual machine and most boxes know.
rm -f "$output.new"
truncate --size="$size" "$output.new"
parted --script "$output.new" mklabel msdos mkpart primary ext4 1MiB 100% set 1 boot on
loop=$(losetup --find --show "$output.new")
# Not left to the kernel: some know no partition tables of this kind.
partx --update "$loop"
mkfs.ext4 -q -L solo-root "${loop}p1"
mkdir "$work/root"
mount "${loop}p1" "$work/root"

packages=linux-image-amd64,grub-pc,systemd-sysv,systemd-resolved,udev,dbus,containerd,containernetworking-plugins,iptables,iproute2,ca-certificates
debootstrap --variant=minbase --include="$packages" "$suite" "$work/root" ${mirror:+"$mirror"}
for directory in proc sys dev dev/pts; do mount --bind "/$directory" "$work/root/$directory"; done
inside() { chroot "$work/root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }

# Nothing is started while the image is made.
printf '#!/bin/sh\nexit 101\n' > "$work/root/usr/sbin/policy-rc.d"
chmod 0755 "$work/root/usr/sbin/policy-rc.d"
cp "$deb" "$work/root/var/tmp/solo-kubelet.deb"
inside apt-get install --yes --no-install-recommends /var/tmp/solo-kubelet.deb
rm "$work/root/var/tmp/solo-kubelet.deb" "$work/root/usr/sbin/policy-rc.d"

# The source, with the key in it; the bundle is applied at the first boot, when there is a runtime to take its images.
keys=$(sed -n '/^untrusted comment/d; /^[[:space:]]*#/d; /./s/.*/      - "&"/p' "$key")
install -d -m 0755 "$work/root/etc/kubernetes/sources.d" "$work/root/var/lib/solo-kubelet-bundle"
cat > "$work/root/etc/kubernetes/sources.d/site.yaml" <<SOURCE
apiVersion: solo-kubelet.dev/v1alpha1
kind: ManifestSource
metadata:
  name: site
spec:
  url: "$url"
  verification:
    keys:
$keys
SOURCE
install -m 0644 "$bundle" "$work/root/var/lib/solo-kubelet-bundle/site.tar"
cat > "$work/root/etc/systemd/system/solo-kubelet-first-bundle.service" <<'UNIT'
[Unit]
Description=Applies the bundle that this image was made with
ConditionPathExists=/var/lib/solo-kubelet-bundle/site.tar
Wants=containerd.service
After=containerd.service solo-kubelet.service

[Service]
Type=oneshot
ExecStart=/usr/bin/kubelet-cli bundle apply /var/lib/solo-kubelet-bundle/site.tar --timeout 10m
# Its images are in the runtime now, and its manifests with the kubelet.
ExecStart=/bin/rm /var/lib/solo-kubelet-bundle/site.tar
Restart=on-failure
RestartSec=10
TimeoutStartSec=1h

[Install]
WantedBy=multi-user.target
UNIT
inside systemctl enable solo-kubelet.service solo-kubelet-first-bundle.service containerd.service systemd-networkd.service

cat > "$work/root/etc/systemd/network/80-dhcp.network" <<'NETWORK'
[Match]
Name=en* eth*

[Network]
DHCP=yes
NETWORK
# The kubelet starts once the network is there; a box that has none does not wait its two minutes for it, nor call that a failure.
install -d "$work/root/etc/systemd/system/systemd-networkd-wait-online.service.d"
cat > "$work/root/etc/systemd/system/systemd-networkd-wait-online.service.d/10-offline.conf" <<'UNIT'
[Service]
ExecStart=
ExecStart=-/usr/lib/systemd/systemd-networkd-wait-online --any --timeout=15
UNIT
echo 'LABEL=solo-root / ext4 defaults,noatime 0 1' > "$work/root/etc/fstab"
# Made anew on every box: where D-Bus has an id of its own, systemd takes that one.
: > "$work/root/etc/machine-id"
rm -f "$work/root/var/lib/dbus/machine-id" "$work/root/etc/ssh/"ssh_host_*
# The host's name is the node's, by which reports of a fleet tell boxes apart.
rm -f "$work/root/etc/hostname"
cat > "$work/root/etc/systemd/system/solo-first-name.service" <<'UNIT'
[Unit]
Description=Names this box after its machine ID
DefaultDependencies=no
RequiresMountsFor=/etc
After=systemd-remount-fs.service systemd-machine-id-commit.service
Before=network-pre.target containerd.service solo-kubelet.service
Wants=network-pre.target
ConditionPathExists=!/etc/hostname

[Service]
Type=oneshot
ExecStart=/bin/sh -euc 'name=box-$$(cut -c 1-8 /etc/machine-id); echo "$$name" > /etc/hostname; echo "$$name" > /proc/sys/kernel/hostname'

[Install]
WantedBy=sysinit.target
UNIT
inside systemctl enable solo-first-name.service

sed -i 's/^GRUB_CMDLINE_LINUX_DEFAULT=.*/GRUB_CMDLINE_LINUX_DEFAULT="quiet console=tty0 console=ttyS0"/; s/^GRUB_TIMEOUT=.*/GRUB_TIMEOUT=1/' "$work/root/etc/default/grub"
inside grub-install --target=i386-pc "$loop"
inside update-grub
# Where no udev runs, as in a container, it names the device of this machine.
sed -i '/^[[:space:]]*linux[[:space:]]/s/ root=[^ ]*/ root=LABEL=solo-root/' "$work/root/boot/grub/grub.cfg"
inside apt-get clean
sync
trap - EXIT
cleanup
mv "$output.new" "$output"
