import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { lockPath } from '@solo-kubelet/kubelet/process';
import { type DataLayout, dataLayout, releaseNetworks, sweepTarget } from '@solo-kubelet/standalone-node';
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
  const layout = dataLayout(dataDirectory, runDirectoryOf(named === DEFAULT_DATA_DIRECTORY ? named : dataDirectory));
  // Before anything is written there, let alone removed: a directory that up never used is somebody's own.
  if (!(await isNode(layout)))
    throw new CliError({
      code: 'CLI_NOT_FOUND',
      message: `there is no node in ${named}`,
      hint: 'Nothing was removed. --data-dir takes the directory that "kubelet-cli up" was given.',
    });
  await using _lock = await lockPath(dataDirectory);
  // The daemon must not see its containers vanish; sweeping ends its shims.
  for (const pid of await findDaemon(layout.containerd)) print(io.stderr, `ending containerd ${pid}\n`);
  const warn = (fields: object, message: string): void => print(io.stderr, `${message}: ${JSON.stringify(fields)}\n`);
  await releaseNetworks({ layout, env: io.env, logger: { warn } });
  await sweep(sweepTarget(layout, flagOption(input, 'purge')));
  return EXIT.done;
};

/** Whether `up` ever began here: it leaves one of these first, and a removal that was interrupted the other. */
const isNode = async ({ subnetFile, containerd }: DataLayout): Promise<boolean> => {
  const found = await Promise.all([subnetFile, containerd.configPath].map((path) => stat(path).catch(() => undefined)));
  return found.some((one) => one?.isFile() === true);
};
