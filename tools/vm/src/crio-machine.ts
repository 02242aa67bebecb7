import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lacksCrio } from '@solo-kubelet-tools/testbed';
import { bundleProduct } from './bundle.js';
import type { Machine } from './machine.js';
import { driver, NETWORK, startFreshMachine } from './prepared-machine.js';

/** Why no machine with CRI-O can be made; undefined when one can. */
export const lackingCrio = lacksCrio();

/** A machine that runs CRI-O as a service in place of containerd, with the command line and the image of the test Pods; no kubelet runs yet. */
export const startCrioMachine = async (): Promise<Machine> => {
  const crio = process.env['CRIO_BIN'] ?? '';
  const machine = await startFreshMachine(async (product) => {
    await bundleProduct(product);
    await mkdir(join(product, 'crio'));
    for (const name of ['crio', 'pinns']) await copyFile(join(dirname(crio), name), join(product, 'crio', name));
  });
  await machine.must('systemctl disable --now containerd; ln -sf /opt/solo-kubelet/dist/bin.js /usr/local/bin/kubelet-cli');
  await machine.must('mkdir -p /etc/crio /etc/cni/net.d /etc/kubernetes/manifests /etc/containers; rm -f /etc/cni/net.d/*');
  await machine.must('cat > /etc/cni/net.d/10-bridge.conflist', { input: NETWORK });
  await machine.must('cat > /etc/containers/policy.json', { input: '{"default": [{"type": "insecureAcceptAnything"}]}' });
  await machine.must('cat > /etc/crio/crio.conf', { input: CONFIGURATION });
  await machine.must('cat > /etc/systemd/system/crio.service', { input: UNIT });
  await machine.must('systemctl daemon-reload; systemctl enable --now crio');
  await machine.must(`kubelet-cli images import --runtime-endpoint ${CRIO_ENDPOINT} /opt/solo-kubelet/images/small.tar`);
  return machine;
};

const CRIO_ENDPOINT = 'unix:///var/run/crio/crio.sock';

/** As CRI-O ships it, but for where Debian has things and a sandbox image that needs no registry. */
const CONFIGURATION = `[crio.runtime]
cgroup_manager = "${driver}"
conmon_cgroup = "${driver === 'systemd' ? 'system.slice' : 'pod'}"
default_runtime = "runc"
pinns_path = "/opt/solo-kubelet/crio/pinns"
[crio.runtime.runtimes.runc]
runtime_path = "/usr/sbin/runc"
monitor_path = "/usr/bin/conmon"
monitor_cgroup = "${driver === 'systemd' ? 'system.slice' : 'pod'}"
[crio.image]
pause_image = "localhost/solo-kubelet/pause:1"
pause_command = "/pause"
[crio.network]
plugin_dirs = ["/usr/lib/cni"]
`;

/** As in CRI-O's own packages. */
const UNIT = `[Unit]
Description=Container Runtime Interface for OCI (CRI-O)
Wants=network-online.target
Before=kubelet.service
After=network-online.target
[Service]
Type=notify
ExecStart=/opt/solo-kubelet/crio/crio
ExecReload=/bin/kill -s HUP $MAINPID
TasksMax=infinity
LimitNOFILE=1048576
LimitNPROC=1048576
LimitCORE=infinity
OOMScoreAdjust=-999
TimeoutStartSec=0
Restart=on-failure
RestartSec=10
[Install]
WantedBy=multi-user.target
Alias=cri-o.service
`;
