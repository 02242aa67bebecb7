import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasControls } from '@solo-kubelet/diagnostics/text';
import { kubeconfigText, openNodeCa } from '@solo-kubelet/kube-api';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { CliError } from '../cli-error.js';
import { type CliIo, write } from '../cli-io.js';
import { kubeletRoots } from '../client/kubelet-roots.js';

export interface KubeconfigOptions {
  /** Undefined: the administrator's kubeconfig, as the kubelet keeps it. */
  readonly user?: string;
  readonly groups: readonly string[];
  /** Default: a year. */
  readonly validForMs?: number;
  /** Of the kubelet. */
  readonly rootDirectory?: string;
  /** `https://…`. */
  readonly server?: string;
  /** Default `Date.now`. */
  readonly now?: () => number;
}

const MAX_BYTES = 1 << 20;
/** X.509 allows no longer common name. */
const MAX_NAME = 64;
/** The CA itself is good for ten years. */
const LONGEST_MS = 3_650 * 86_400_000;

/** `kubeconfig`: what kubectl needs to reach the API of this node. */
export const kubeconfig = async (options: KubeconfigOptions, io: Pick<CliIo, 'stdout' | 'env'>): Promise<number> => {
  const { user, groups, validForMs, now = Date.now } = options;
  const root = await rootOf(options.rootDirectory === undefined ? await kubeletRoots(io.env) : [options.rootDirectory]);
  const admin = await adminKubeconfig(root);
  if (user === undefined && options.server === undefined) {
    if (admin === undefined) throw noKubeconfig(root);
    await write(io.stdout, admin.text);
    return 0;
  }
  for (const name of [...(user === undefined ? [] : [user]), ...groups]) checkName(name);
  const server = options.server ?? admin?.server;
  if (server === undefined) throw noKubeconfig(root);
  const ca = await openNodeCa(join(root, 'api'), now);
  if (validForMs !== undefined && (validForMs <= 0 || validForMs > LONGEST_MS)) {
    throw new CliError({ code: 'CLI_USAGE', message: '--valid-for takes a duration above 0 and of ten years at most' });
  }
  const pair = await ca.issueClient({ user: user ?? 'solo-admin', groups: user === undefined ? ['system:masters'] : groups }, validForMs);
  await write(io.stdout, kubeconfigText({ server, caPem: ca.certificatePem, user: user ?? 'solo-admin', pair }));
  return 0;
};

/** The first root directory that holds a CA of the API. */
const rootOf = async (places: readonly string[]): Promise<string> => {
  for (const place of places) {
    const isThere = await access(join(place, 'api', 'ca.key')).then(
      () => true,
      (error: unknown) => (error as NodeJS.ErrnoException).code === 'EACCES',
    );
    if (isThere) return place;
  }
  throw new CliError({
    code: 'CLI_NOT_FOUND',
    message: `no kubelet has served the Kubernetes API from ${places.join(' or ')}, or you may not look there`,
    hint: 'Start it with --kube-api 127.0.0.1:6443, and call this as root; --root-dir names another root directory.',
  });
};

/** The administrator's kubeconfig, beside the CA or where `up` keeps it. */
const adminKubeconfig = async (root: string): Promise<{ readonly text: string; readonly server: string } | undefined> => {
  for (const path of [join(root, 'api', 'admin.kubeconfig'), join(dirname(root), 'kubeconfig')]) {
    try {
      const text = (await readRegular(path, { maxBytes: MAX_BYTES })).toString('utf8');
      const { clusters } = JSON.parse(text) as { readonly clusters: readonly { readonly cluster: { readonly server: string } }[] };
      const server = clusters[0]?.cluster.server;
      if (typeof server === 'string') return { text, server };
    } catch {
      // Another place, or none.
    }
  }
  return undefined;
};

const noKubeconfig = (root: string): CliError =>
  new CliError({
    code: 'CLI_NOT_FOUND',
    message: `no kubeconfig of the administrator belongs to ${root}`,
    hint: 'Say where the API is reached: --server https://ADDRESS:PORT',
  });

/** @throws CliError CLI_USAGE for what a certificate or RBAC cannot hold */
const checkName = (name: string): void => {
  const isFit = name !== '' && [...name].length <= MAX_NAME && !hasControls(name);
  if (isFit) return;
  throw new CliError({
    code: 'CLI_USAGE',
    message: `${JSON.stringify(name.slice(0, MAX_NAME * 2))} cannot be the name of a user or group: want 1 to ${MAX_NAME} characters, none of them a control character`,
  });
};
