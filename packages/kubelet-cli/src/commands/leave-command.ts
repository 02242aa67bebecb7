import { type Command, flagOption, textOption } from '../command.js';
import { durationOption, given, usage } from './node-command.js';

export const leaveCommand: Command = {
  name: 'leave',
  maxOperands: 0,
  usage: '[--kubeconfig FILE] [--timeout 5m] [--force] [--dry-run] [--root DIRECTORY]',
  summary: 'Leave the cluster that this node joined: evict its Pods there, and go on with the manifests of this machine.',
  details: `
  --kubeconfig FILE   credentials that may also remove the Node object (default: the node's own, which may not)
  --timeout 5m        for the Pods to end
  --force             leave also when the cluster cannot be asked, or Pods do not end in time
  --dry-run           only show which Pods and files would go, and change nothing
  --root DIRECTORY    where join wrote; nothing is started
`,
  options: {
    kubeconfig: { type: 'string' },
    timeout: { type: 'string' },
    force: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    root: { type: 'string' },
  },
  run: async (input, io) => {
    if (input.operands.length > 0) throw usage('leave takes no operands');
    const options = {
      force: flagOption(input, 'force'),
      dryRun: flagOption(input, 'dry-run'),
      ...given('kubeconfigPath', textOption(input, 'kubeconfig')),
      ...given('timeoutMs', durationOption(input, 'timeout')),
      ...given('root', textOption(input, 'root')),
    };
    return (await import('./leave.js')).leave(options, io);
  },
};
