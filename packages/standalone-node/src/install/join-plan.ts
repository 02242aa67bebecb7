import { CONFIG_PATH, JOIN_VARIABLE, UNIT_PATH } from './install-plan.js';
import { execWord } from './unit-quoting.js';

/** A file of a joined node. They are written in order, and removed in the other: the unit's part is last, so that half of them change nothing. */
export interface JoinFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
  /** The same with its secrets left out, for showing. */
  readonly shown: string;
}

export interface JoinOptions {
  /** Where the files go; `/` but in tests and images. */
  readonly root: string;
  readonly server: string;
  readonly caPem: string;
  /** kubeadm's: `ID.SECRET`. */
  readonly token: string;
  /** Addresses of the cluster's DNS; none: Pods have that of the machine. */
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string | undefined;
  /** Undefined: the host's. */
  readonly nodeName: string | undefined;
}

/** As kubeadm places them. */
const CA_PATH = '/etc/kubernetes/pki/ca.crt';
const BOOTSTRAP_PATH = '/etc/kubernetes/bootstrap-kubelet.conf';
/** The node's own kubeconfig, which the kubelet writes once it has a certificate. */
export const KUBECONFIG_PATH = '/etc/kubernetes/kubelet.conf';
const CONFIG_DIRECTORY = '/etc/kubernetes/kubelet.yaml.d';
const JOIN_CONFIG_PATH = `${CONFIG_DIRECTORY}/50-cluster.conf`;
export const JOIN_UNIT_PATH = `${UNIT_PATH}.d/50-cluster.conf`;

/** All that a joined node has besides, in the order in which it comes. Keys and certificates stay where the kubelet keeps them: they are good for nothing else. */
export const JOIN_PATHS = [CA_PATH, JOIN_CONFIG_PATH, BOOTSTRAP_PATH, KUBECONFIG_PATH, JOIN_UNIT_PATH] as const;

/** What makes an installed node join a cluster when its service starts again. The node's own configuration stays as it is. */
export const joinPlan = (options: JoinOptions): readonly JoinFile[] => {
  const { root, caPem, token } = options;
  const file = (path: string, text: string, mode: number, shown = text): JoinFile => ({
    path: root === '/' ? path : `${root}${path}`,
    text,
    mode,
    shown,
  });
  const hidden = `${token.split('.')[0]}.<secret>`;
  return [
    file(CA_PATH, `${caPem.trimEnd()}\n`, 0o644),
    file(JOIN_CONFIG_PATH, configuration(options), 0o644),
    file(BOOTSTRAP_PATH, bootstrapKubeconfig(options, token), 0o600, bootstrapKubeconfig(options, hidden)),
    file(JOIN_UNIT_PATH, unitPart(options), 0o644),
  ];
};

/** kubeadm's values (cmd/kubeadm/app/componentconfigs/kubelet.go), over what a node without a cluster is installed with. */
const configuration = ({ clusterDNS, clusterDomain }: JoinOptions): string =>
  `${JSON.stringify(
    {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      // The API server asks for logs and exec from elsewhere.
      address: '0.0.0.0',
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: CA_PATH },
      },
      authorization: { mode: 'Webhook' },
      rotateCertificates: true,
      ...(clusterDNS.length === 0 ? {} : { clusterDNS }),
      ...(clusterDomain === undefined ? {} : { clusterDomain }),
    },
    null,
    2,
  )}\n`;

const bootstrapKubeconfig = ({ server }: JoinOptions, token: string): string =>
  `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'kubernetes', cluster: { server, 'certificate-authority': CA_PATH } }],
      users: [{ name: 'tls-bootstrap-token-user', user: { token } }],
      contexts: [{ name: 'tls-bootstrap-token-user@kubernetes', context: { cluster: 'kubernetes', user: 'tls-bootstrap-token-user' } }],
      'current-context': 'tls-bootstrap-token-user@kubernetes',
    },
    null,
    2,
  )}\n`;

const unitPart = ({ nodeName }: JoinOptions): string => {
  const flags = [
    ['config-dir', CONFIG_DIRECTORY],
    ['bootstrap-kubeconfig', BOOTSTRAP_PATH],
    ['kubeconfig', KUBECONFIG_PATH],
    // What the node does is the cluster's to say now, and kubectl asks there.
    ['kube-api', 'off'],
    ...(nodeName === undefined ? [] : [['hostname-override', nodeName]]),
  ];
  const words = flags.map(([name, value]) => `--${name}=${value}`).join(' ');
  return `# Written by kubelet-cli join, beside ${CONFIG_PATH}.\n[Service]\nEnvironment=${execWord(`${JOIN_VARIABLE}=${words}`, 'program')}\n`;
};
