#!/bin/sh
# in-own-network.sh DIRECTORY NODE COMMAND...: the inside of `unshare --net --mount --pid`.
# A network with one address and no way out, and the kubelet's usual directories laid over by others below DIRECTORY: nothing of the machine is touched.
set -eu
directory=$1 node=$2
shift 2
mount --make-rshared /
ip link set lo up
ip link add up0 type veth peer name up1
ip address add 10.243.0.2/24 dev up0
ip link set up0 up
ip link set up1 up
ip route add default via 10.243.0.1 dev up0
echo 1 > /proc/sys/net/ipv4/ip_forward
printf '127.0.0.1 localhost\n10.243.0.2 %s\n' "$node" > "$directory/hosts"
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' > "$directory/resolv.conf"
mount --bind "$directory/hosts" /etc/hosts
mount --bind "$directory/resolv.conf" /etc/resolv.conf
for path in /var/lib/kubelet /var/log/pods /var/log/containers; do
  mkdir -p "$path" "$directory$path"
  mount --bind "$directory$path" "$path"
done
"$@" # not exec: as the first process here it is to take in orphans
