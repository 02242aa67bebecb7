import { type Command, flagOption, textOption, textsOption } from '../command.js';
import { given, usage } from './node-command.js';

export const joinCommand: Command = {
  name: 'join',
  maxOperands: 0,
  usage: '--server HOST:PORT --token TOKEN --ca-cert-hash sha256:HASH [--node-name NAME] [--root DIRECTORY] [--dry-run]',
  summary: 'Make this installed node one of a cluster that takes nodes by bootstrap tokens, as kubeadm makes them.',
  details: `
  --server HOST:PORT         the API server; as kubeadm token create --print-join-command shows it
  --token TOKEN              a bootstrap token
  --ca-cert-hash sha256:HASH of the key of the cluster's authority; again for more, of which one must fit
  --node-name NAME           the name in the cluster (default: the host's)
  --root DIRECTORY           write below this directory instead of /, and start nothing
  --dry-run                  check everything and show what would be written
`,
  options: {
    server: { type: 'string' },
    token: { type: 'string' },
    'ca-cert-hash': { type: 'string', multiple: true },
    'node-name': { type: 'string' },
    root: { type: 'string' },
    'dry-run': { type: 'boolean' },
  },
  run: async (input, io) => {
    const needed = (name: string): string => {
      const text = textOption(input, name);
      if (text === undefined)
        throw usage(`join needs --${name}: see kubeadm token create --print-join-command on a machine of the control plane`);
      return text;
    };
    if (input.operands.length > 0) throw usage('join takes no operands: --server HOST:PORT');
    const caCertHashes = textsOption(input, 'ca-cert-hash');
    const options = {
      server: needed('server'),
      token: needed('token'),
      caCertHashes: caCertHashes.length > 0 ? caCertHashes : [needed('ca-cert-hash')],
      dryRun: flagOption(input, 'dry-run'),
      ...given('nodeName', textOption(input, 'node-name')),
      ...given('root', textOption(input, 'root')),
    };
    return (await import('./join.js')).join(options, io);
  },
};
