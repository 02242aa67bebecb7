import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { lockPath } from '@solo-kubelet/kubelet/process';
import { dataLayout, releaseNetworks, sweepTarget } from '@solo-kubelet/standalone-node';
import { findDaemon, sweep } from '@solo-kubelet/standalone-node/containerd';
import { DEFAULT_DATA_DIRECTORY, runDirectoryOf } from '@solo-kubelet/standalone-node/defaults';
import { CliError } from '../cli-error.js';
import { type CliIo, print } from '../cli-io.js';
import { type CommandInput, flagOption, textOption } from '../command.js';
import { EXIT } from '../exit-status.js';

/** Removes a node that `up` made. */
export const down = async (input: CommandInput, io: CliIo): Promise<number> => {
  const named = resolve(textOption(input, 'data-dir') ?? DEFAULT_DATA_DIRECTORY);
  const dataDirectory = await realpath(named).catch((cause: unknown) => {
    throw new CliError({ code: 'CLI_NOT_FOUND', message: `there is no node in ${named}`, cause });
  });
  await using _lock = await lockPath(dataDirectory);
  const layout = dataLayout(dataDirectory, runDirectoryOf(named === DEFAULT_DATA_DIRECTORY ? named : dataDirectory));
  // The daemon must not see its containers vanish; sweeping ends its shims.
  for (const pid of await findDaemon(layout.containerd)) print(io.stderr, `ending containerd ${pid}\n`);
  const warn = (fields: object, message: string): void => print(io.stderr, `${message}: ${JSON.stringify(fields)}\n`);
  await releaseNetworks({ layout, env: io.env, logger: { warn } });
  await sweep(sweepTarget(layout, flagOption(input, 'purge')));
  return EXIT.done;
};
