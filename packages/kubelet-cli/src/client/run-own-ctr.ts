import { type CtrOptions, runCtr } from '@solo-kubelet/standalone-node/image-store';
import { CliError } from '../cli-error.js';

/** Where containerd listens: the path of an endpoint of the CRI, `unix://…`. */
export const socketPathOf = (endpoint: string): string => endpoint.replace(/^unix:\/\//, '');

/** Runs the `ctr` of the PATH on the containerd behind an endpoint of the CRI. @throws (rejects) CliError CLI_PREREQUISITE_MISSING where there is none, and its own last line */
export const runOwnCtr = (
  endpoint: string,
  args: readonly string[],
  options: CtrOptions & { readonly timeoutMs: number },
): Promise<string> => runCtr('ctr', socketPathOf(endpoint), args, options).catch(explainMissing);

const explainMissing = (cause: NodeJS.ErrnoException): never => {
  if (cause.code !== 'ENOENT') throw cause;
  throw new CliError({
    code: 'CLI_PREREQUISITE_MISSING',
    message: 'images are imported with containerd’s own ctr, which is not installed',
    hint: 'It comes with containerd; is it elsewhere than in the PATH?',
    cause,
  });
};
