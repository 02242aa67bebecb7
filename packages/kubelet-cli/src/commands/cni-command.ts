import type { Command } from '../command.js';

export const cniCommand: Command = {
  name: 'cni',
  usage: 'COMMAND',
  summary: 'Look at and try CNI networks.',
  rawArguments: true,
  run: async (_input, io, argv) => {
    const { runCniCommand } = await import('../cni/index.js');
    const { askRuntimeNetwork } = await import('../cni/ask-runtime-network.js');
    return runCniCommand(argv, {
      stdout: io.stdout,
      stderr: io.stderr,
      env: io.env,
      signal: io.interrupted,
      runtimeNetwork: () => askRuntimeNetwork(io),
    });
  },
};
