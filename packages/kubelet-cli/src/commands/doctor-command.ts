import type { Command } from '../command.js';

/** `doctor`: what keeps this machine from running pods. */
export const doctorCommand: Command = {
  name: 'doctor',
  usage: '[--socket KUBELET_SOCKET | --runtime-endpoint SOCKET] [-o json]',
  summary: 'Examine this machine and say what is wrong and what mends it.',
  options: { socket: { type: 'string' }, 'runtime-endpoint': { type: 'string' }, output: { type: 'string', short: 'o' } },
  run: async (input, io) => (await import('./doctor.js')).doctor(input, io),
};
