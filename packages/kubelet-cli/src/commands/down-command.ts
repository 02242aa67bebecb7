import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CliError } from '../cli-error.js';
import { type Command, flagOption, textOption } from '../command.js';
import { findDaemon } from '../containerd/processes.js';
import { sweep } from '../containerd/sweep.js';
import { EXIT } from '../exit-status.js';
import { lockPath } from '../run/root-lock.js';
import { dataLayout, sweepTarget } from '../up/data-layout.js';
import { releaseNetworks } from '../up/release-networks.js';
import { DEFAULT_DATA_DIRECTORY, runDirectoryOf } from '../up/start-node.js';

/** `down`: removes a node that `up` made. */
export const downCommand: Command = {
  name: 'down',
  usage: '[--data-dir DIR] [--purge]',
  summary: 'End every Pod of a node that up started and remove its runtime; keeps manifests and images unless --purge.',
  options: { 'data-dir': { type: 'string' }, purge: { type: 'boolean' } },
  run: async (input, io) => {
    const dataDirectory = resolve(textOption(input, 'data-dir') ?? DEFAULT_DATA_DIRECTORY);
    await access(dataDirectory).catch((cause: unknown) => {
      throw new CliError({ code: 'CLI_NOT_FOUND', message: `there is no node in ${dataDirectory}`, cause });
    });
    await using _lock = await lockPath(dataDirectory);
    const layout = dataLayout(dataDirectory, runDirectoryOf(dataDirectory));
    // The daemon must not see its containers vanish; sweeping ends its shims.
    for (const pid of await findDaemon(layout.containerd)) io.stderr.write(`ending containerd ${pid}\n`);
    const warn = (fields: object, message: string): void => void io.stderr.write(`${message}: ${JSON.stringify(fields)}\n`);
    await releaseNetworks({ layout, env: io.env, logger: { warn } });
    await sweep(sweepTarget(layout, flagOption(input, 'purge')));
    return EXIT.done;
  },
};
