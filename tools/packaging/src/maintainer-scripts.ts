/** What dpkg runs. All of them may run again after they were interrupted. */
export interface MaintainerScripts {
  readonly postinst: string;
  readonly prerm: string;
  readonly postrm: string;
}

const script = (body: string): string => `#!/bin/sh\nset -e\n\n${body}\nexit 0\n`;

/**
 * The service is enabled and started by the first installation and started anew by an upgrade; whoever disabled it finds it disabled. Stopping it stops
 * no container, and a purge deletes no data of Pods that may still run: it says how to end them.
 */
export const maintainerScripts = (unit: string): MaintainerScripts => ({
  postinst: script(`case "$1" in
  configure | abort-upgrade | abort-deconfigure | abort-remove)
    deb-systemd-helper unmask ${unit} >/dev/null || true
    if deb-systemd-helper --quiet was-enabled ${unit}; then
      deb-systemd-helper enable ${unit} >/dev/null || true
    else
      deb-systemd-helper update-state ${unit} >/dev/null || true
    fi
    if [ -d /run/systemd/system ]; then
      systemctl --system daemon-reload >/dev/null || true
      if [ -n "$2" ]; then
        deb-systemd-invoke restart ${unit} >/dev/null || true
      else
        deb-systemd-invoke start ${unit} >/dev/null || true
      fi
    fi
    ;;
esac
`),
  prerm: script(`if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  deb-systemd-invoke stop ${unit} >/dev/null || true
fi
`),
  postrm: script(`if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl --system daemon-reload >/dev/null || true
fi
if [ "$1" = purge ]; then
  deb-systemd-helper purge ${unit} >/dev/null || true
  # Manifests are the user's.
  for directory in /etc/kubernetes/manifests /etc/kubernetes; do
    rmdir "$directory" 2>/dev/null || true
  done
  if [ -d /var/lib/kubelet ]; then
    if [ -z "$(find /var/lib/kubelet/pods -mindepth 1 -maxdepth 1 2>/dev/null)" ]; then
      # No Pod is left, so what remains is state of the kubelet's own.
      find /var/lib/kubelet -xdev -depth -delete 2>/dev/null || true
      rm -rf /run/solo-kubelet
      if [ -e /etc/cni/net.d/99-solo-kubelet.conflist ]; then
        rm -rf /etc/cni/net.d/99-solo-kubelet.conflist /var/lib/cni/networks/solo-kubelet
        ip link delete solo0 2>/dev/null || true
        # The plugins made these for it; what others have there stays.
        for directory in /var/lib/cni/networks /var/lib/cni/results /var/lib/cni; do
          rmdir "$directory" 2>/dev/null || true
        done
      fi
      if grep -qs '^# Kubelet logind override' /etc/systemd/logind.conf.d/99-kubelet.conf; then
        rm -f /etc/systemd/logind.conf.d/99-kubelet.conf
        rmdir /etc/systemd/logind.conf.d 2>/dev/null || true
      fi
      # Cgroups with a process in them can't be removed, and are somebody else's.
      if [ -d /run/systemd/system ] && grep -qs '^populated 0' /sys/fs/cgroup/kubepods.slice/cgroup.events; then
        deb-systemd-invoke stop kubepods.slice >/dev/null 2>&1 || true
      fi
      for cgroup in /sys/fs/cgroup/kubepods /sys/fs/cgroup/*/kubepods; do
        find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
      done
    else
      echo "solo-kubelet: /var/lib/kubelet has data of Pods, which may still run, and stays." >&2
      echo "solo-kubelet: crictl rmp -fa ends Pods; then the directory can be removed." >&2
    fi
  fi
fi
`),
});
