import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from '@solo-kubelet-tools/testbed';
import { bundleProduct } from './bundle.js';
import { type Hardware, lacksMachine, type Machine, startMachine } from './machine.js';

/** A Debian suite. */
export const suite = process.env['SOLO_VM_SUITE'] ?? 'trixie';
export const driver = process.env['SOLO_VM_CGROUP_DRIVER'] ?? 'systemd';
/** How often a machine is booted anew with a Pod that must be ended each time. */
export const REBOOTS = Number(process.env['SOLO_VM_REBOOTS'] ?? 2);
/** Keeps what tests of a machine make. */
export const machineDirectory = process.env['SOLO_VM_DIR'] ?? join(cacheDirectory(), 'vm');
const PORT = 2222 + (process.pid % 1000);
const lacking = lacksMachine();

/** Whether no machine can be made here; the title of the tests says why. */
export const skipped = lacking !== undefined;
export const title = (what: string): string => `Debian ${suite}, systemd, cgroup v2${what}${lacking === undefined ? '' : `: ${lacking}`}`;

/** A file beside this one. */
export const text = (name: string): Promise<string> => readFile(fileURLToPath(new URL(`./${name}`, import.meta.url)), 'utf8');

/** A machine as Debian installs it, containerd too, with what the function puts into a directory below /opt/solo-kubelet. */
export const startFreshMachine = async (fill: (product: string) => Promise<void>, hardware?: Hardware): Promise<Machine> => {
  const product = join(machineDirectory, 'product');
  await rm(product, { recursive: true, force: true });
  await mkdir(product, { recursive: true });
  await fill(product);
  return await startMachine({ suite, directory: join(machineDirectory, suite), product, port: PORT, ...(hardware && { hardware }) });
};

/** A machine whose containerd is set up as Kubernetes' documentation asks, with the command line and the image of the test Pods; no kubelet runs yet. */
export const startPreparedMachine = async (hardware?: Hardware): Promise<Machine> => {
  const machine = await startFreshMachine(bundleProduct, hardware);
  await machine.must('ln -sf /opt/solo-kubelet/dist/bin.js /usr/local/bin/kubelet-cli; mkdir -p /etc/cni/net.d /etc/kubernetes/manifests');
  await machine.must('cat > /etc/containerd/config.toml', { input: containerdConfiguration(driver === 'systemd') });
  await machine.must('cat > /etc/cni/net.d/10-bridge.conflist', { input: NETWORK });
  await machine.must('systemctl restart containerd');
  await machine.must('kubelet-cli images import /opt/solo-kubelet/images/small.tar');
  return machine;
};

/** Puts a manifest into the kubelet's directory in one step. */
export const putManifest = async (machine: Machine, name: string, manifest: string): Promise<void> => {
  const temporary = `/etc/kubernetes/.${name}`;
  await machine.must(`cat > ${temporary} && mv ${temporary} /etc/kubernetes/manifests/${name}.yaml`, { input: manifest });
};

/** As Kubernetes' documentation asks, with Debian's directory of plugins. */
const containerdConfiguration = (systemdCgroup: boolean): string => `version = 2
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "registry.k8s.io/pause:3.10"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "/etc/cni/net.d"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = ${systemdCgroup}
`;

/** A bridge for the Pods, as a file of CNI. */
export const NETWORK = JSON.stringify({
  cniVersion: '1.0.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipMasq: true,
      ipam: { type: 'host-local', ranges: [[{ subnet: '10.88.0.0/24' }]], routes: [{ dst: '0.0.0.0/0' }] },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
});
