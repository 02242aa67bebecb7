import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { type NodeValues, ownNodeValues, parseNodeValues } from '@solo-kubelet/object-spec';
import { readRegular } from '@solo-kubelet/untrusted-files';
import type { KubeletFlags } from '../config/kubelet-flags.js';

const MAX_FILE_BYTES = 1024 * 1024;

/**
 * What `$(node.NAME)` stands for on this node. A file that can't be used stops nothing: it is told of, and refuses the answers of sources that ask for a
 * value of it.
 */
export const readNodeValues = async (
  { nodeValuesFile: path, given }: Pick<KubeletFlags, 'nodeValuesFile' | 'given'>,
  { nodeName, logger }: { readonly nodeName: string; readonly logger: Logger },
): Promise<NodeValues> => {
  const values = await read(path, Object.hasOwn(given, 'node-values-file'), nodeName);
  if (values.problem !== undefined) logger.error({ path, err: values.problem }, 'Values of the node cannot be used');
  return values;
};

const read = async (path: string | undefined, isGiven: boolean, nodeName: string): Promise<NodeValues> => {
  const own = ownNodeValues(nodeName);
  if (path === undefined) return own;
  try {
    return parseNodeValues(await readRegular(path, { followLinks: true, maxBytes: MAX_FILE_BYTES }), { path, nodeName });
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return isMissing && !isGiven ? own : { ...own, problem: `cannot read ${path}: ${describeError(error)}` };
  }
};
