import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { USUAL_KUBELET_ROOTS } from '@solo-kubelet/standalone-node/defaults';

/**
 * Root directories of the kubelet that is meant where none is named: that of the node of `up` whose socket SOLO_KUBELET_SOCKET names, as the other
 * commands ask it, else the usual ones.
 */
export const kubeletRoots = async (env: Readonly<Record<string, string | undefined>>): Promise<readonly [string, ...string[]]> => {
  const socket = env['SOLO_KUBELET_SOCKET'];
  if (socket === undefined || basename(dirname(socket)) !== 'run') return USUAL_KUBELET_ROOTS;
  const root = join(dirname(dirname(socket)), 'kubelet');
  return access(root).then(
    () => [root],
    () => USUAL_KUBELET_ROOTS,
  );
};
