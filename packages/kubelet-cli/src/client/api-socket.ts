import { socketPathFault } from '@solo-kubelet/diagnostics';
import { CliError } from '../cli-error.js';
import type { CliIo } from '../cli-io.js';
import { type CommandInput, textOption } from '../command.js';

/**
 * The kubelet's socket that --socket or SOLO_KUBELET_SOCKET names; undefined when neither does.
 * @throws CliError CLI_USAGE when no socket can have that path: Node.js would cut it and connect elsewhere
 */
export const namedApiSocket = (input: CommandInput, io: Pick<CliIo, 'env'>): string | undefined => {
  const option = textOption(input, 'socket');
  const path = option ?? io.env['SOLO_KUBELET_SOCKET'];
  const fault = path === undefined ? undefined : socketPathFault(path, 'connect');
  if (fault === undefined) return path;
  throw new CliError({
    code: 'CLI_USAGE',
    message: `${option === undefined ? 'SOLO_KUBELET_SOCKET' : '--socket'}: ${path}: ${fault.message}`,
    hint: fault.hint,
  });
};
