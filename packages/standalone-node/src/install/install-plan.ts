import { execWord, yamlText } from './unit-quoting.js';

/** One thing that `install` puts on the machine. */
export type InstallStep =
  | { readonly type: 'directory'; readonly path: string; readonly mode: number }
  /** `keep`: a file that is there already is the user's and stays. */
  | { readonly type: 'file'; readonly path: string; readonly text: string; readonly mode: number; readonly keep: boolean };

export interface InstallOptions {
  /** Where the files go; `/` but in tests. */
  readonly root: string;
  /** Node.js, by whose binary the unit starts the program; the program itself when it is the single executable. */
  readonly nodeBinary: string;
  /** The command line's own program. */
  readonly program: string;
  /** Stands in the unit, which so changes with the program. */
  readonly programVersion?: string;
  readonly runtimeEndpoint: string;
  /** The runtime's unit, for `After=`; undefined when it has none. */
  readonly runtimeUnit: string | undefined;
  /** What the runtime said; undefined when it did not. */
  readonly cgroupDriver: 'cgroupfs' | 'systemd' | undefined;
  /** Where the Kubernetes API of the node is served, `ADDRESS:PORT`, or `off`. Default: the unit says nothing of it, and it is not served. */
  readonly kubeApi?: string;
}

export const CONFIG_PATH = '/etc/kubernetes/kubelet.yaml';
export const MANIFEST_DIRECTORY = '/etc/kubernetes/manifests';
/** As in kubeadm's unit. */
export const JOIN_VARIABLE = 'KUBELET_EXTRA_ARGS';
/** Where the kubelet keeps the kubeconfig of the administrator. */
export const ADMIN_KUBECONFIG_PATH = '/var/lib/kubelet/api/admin.kubeconfig';
export const UNIT_PATH = '/etc/systemd/system/solo-kubelet.service';

/** Everything that a node needs besides the program and a container runtime, in order. */
export const installPlan = (options: InstallOptions): readonly InstallStep[] => {
  const at = (path: string): string => (options.root === '/' ? path : `${options.root}${path}`);
  return [
    { type: 'directory', path: at('/etc/kubernetes'), mode: 0o755 },
    { type: 'directory', path: at(MANIFEST_DIRECTORY), mode: 0o755 },
    { type: 'directory', path: at('/var/lib/kubelet'), mode: 0o750 },
    { type: 'file', path: at(CONFIG_PATH), text: configuration(options), mode: 0o644, keep: true },
    { type: 'file', path: at(UNIT_PATH), text: unit(options), mode: 0o644, keep: false },
  ];
};

const configuration = ({
  runtimeEndpoint,
  cgroupDriver,
}: InstallOptions): string => `# Configuration of Solo Kubelet: the fields of Kubernetes' KubeletConfiguration.
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
staticPodPath: ${MANIFEST_DIRECTORY}
containerRuntimeEndpoint: ${yamlText(runtimeEndpoint)}
${cgroupDriver === undefined ? '' : `# As the container runtime is configured; newer ones say so themselves, and are then believed.\ncgroupDriver: ${cgroupDriver}\n`}address: 127.0.0.1
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: false
authorization:
  mode: Roles
failCgroupV1: false
`;

/** Where the API is served by a unit that `install` wrote; undefined for one that says nothing of it. */
export const kubeApiOfUnit = (text: string): string | undefined => /^ExecStart=.* --kube-api (\S+) /m.exec(text)?.[1];

/** How the program is called: the single executable is its own Node.js. */
export const programWords = (nodeBinary: string, program: string): readonly string[] =>
  nodeBinary === program ? [program] : [nodeBinary, program];

const command = (nodeBinary: string, program: string): string =>
  programWords(nodeBinary, program)
    .map((word, at) => execWord(word, at === 0 ? 'program' : 'argument'))
    .join(' ');

const unit = ({
  nodeBinary,
  program,
  programVersion,
  runtimeUnit,
  kubeApi,
}: InstallOptions): string => `${programVersion === undefined ? '' : `# ${programVersion}\n`}[Unit]
Description=Solo Kubelet: runs the Pods of ${MANIFEST_DIRECTORY}
Wants=network-online.target
After=network-online.target${runtimeUnit === undefined ? '' : ` ${runtimeUnit}`}
${runtimeUnit === undefined ? '' : `Wants=${runtimeUnit}\n`}# It is started again for as long as it takes.
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
# Further flags of run, for a file of your own in solo-kubelet.service.d; kubelet-cli join writes one.
Environment=${JOIN_VARIABLE}=
ExecStart=${command(nodeBinary, program)} run --config ${CONFIG_PATH} --supply-pod-network${kubeApi === undefined ? '' : ` --kube-api ${kubeApi}`} $${JOIN_VARIABLE}
Restart=always
RestartSec=10
# A slow machine, or an SD card, takes its time; a kubelet that is killed meanwhile begins anew and makes it slower.
TimeoutStartSec=10min
WatchdogSec=5min
# Containers outlive the kubelet, and so do the programs of mounts; its own helpers end with it.
KillMode=process
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
`;
