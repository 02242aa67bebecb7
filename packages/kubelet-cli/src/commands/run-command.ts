import type { Command } from '../command.js';

/** `run`: the kubelet itself, with the real kubelet's flags and configuration file. */
export const runCommand: Command = {
  name: 'run',
  usage: '[KUBELET FLAGS]',
  summary: "Run the kubelet; takes the real kubelet's flags and its KubeletConfiguration (--config).",
  rawArguments: true,
  run: async (_input, io, argv) => (await import('./run.js')).run(argv, io),
};
