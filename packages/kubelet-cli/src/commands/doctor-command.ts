import type { Command } from '../command.js';

/** `doctor`: what keeps this machine from running pods. */
export const doctorCommand: Command = {
  name: 'doctor',
  usage: '[--socket KUBELET_SOCKET | --runtime-endpoint SOCKET] [-o json] [--for VERSION [--manifests DIRECTORY] [-- KUBELET_FLAG…]]',
  summary: 'Examine this machine and say what is wrong and what mends it.',
  details:
    '\nWith --for it says what the kubelet of another release of Kubernetes, such as 1.37, makes of this machine: which manifests, feature gates and flags\nit refuses, and what changes. Configuration and manifests are those of the kubelet that runs, or of the flags after --.\n',
  options: {
    socket: { type: 'string' },
    'runtime-endpoint': { type: 'string' },
    output: { type: 'string', short: 'o' },
    for: { type: 'string' },
    manifests: { type: 'string' },
  },
  run: async (input, io) => (await import('./doctor.js')).doctor(input, io),
};
