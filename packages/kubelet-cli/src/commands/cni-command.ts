import { runCniCommand } from '../cni/index.js';
import type { Command } from '../command.js';

export const cniCommand: Command = {
  name: 'cni',
  usage: 'COMMAND',
  summary: 'Look at and try CNI networks.',
  rawArguments: true,
  run: (_input, io, argv) => runCniCommand(argv, { stdout: io.stdout, stderr: io.stderr, env: io.env, signal: io.interrupted }),
};
