import { readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '@solo-kubelet/state-files';
import { readRegular } from '@solo-kubelet/untrusted-files';
import type { CertificateKind } from './certificate-life.js';
import { ClusterError } from './cluster-error.js';

const MAX_PEM_BYTES = 1024 * 1024;

/** The link that leads to the newest certificate and its key: `kubelet-client-current.pem`, `kubelet-server-current.pem`. */
export const currentCertificatePath = (directory: string, kind: CertificateKind): string => join(directory, `kubelet-${kind}-current.pem`);

export const readPem = async (path: string): Promise<string> =>
  (await readRegular(path, { followLinks: true, maxBytes: MAX_PEM_BYTES })).toString('utf8');

/** The newest certificate with its key. Undefined: there is none, or it cannot be read. */
export const readCurrent = (directory: string, kind: CertificateKind): Promise<string | undefined> =>
  readPem(currentCertificatePath(directory, kind)).catch(() => undefined);

/** Keeps a certificate and its key in a file of their own, and sets the link to it in one step. Earlier ones stay. */
export const keepCertificateFile = async (directory: string, kind: CertificateKind, pem: string, wallMs: number): Promise<void> => {
  const stamp = new Date(wallMs).toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '-');
  const path = join(directory, `kubelet-${kind}-${stamp}.pem`);
  await writeDurably(path, pem, { mode: 0o600, directoryMode: 0o755 });
  const current = currentCertificatePath(directory, kind);
  const isLink = await readlink(current).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
  if (!isLink) throw new ClusterError({ code: 'CLUSTER_CREDENTIALS', message: `${current} is no symbolic link, and is not replaced` });
  const updated = join(directory, `kubelet-${kind}-updated.pem`);
  await rm(updated, { force: true });
  await symlink(path, updated);
  await rename(updated, current);
};
