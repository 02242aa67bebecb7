import { type Command, textOption, textsOption } from '../command.js';
import { durationOption, given, usage } from './node-command.js';

export const kubeconfigCommand: Command = {
  name: 'kubeconfig',
  maxOperands: 0,
  usage: '[--user NAME] [--group GROUP]… [--valid-for 8760h] [--root-dir DIR] [--server URL]',
  summary: 'Print a kubeconfig for the Kubernetes API of this node: the administrator’s, or one of a user’s own.',
  details: `  --user NAME        whom its certificate names; without it the administrator's kubeconfig is printed
  --group GROUP      a group of the user; again for more. solo-kubelet:read, :exec and :admin have rights, others get theirs by RBAC objects
  --valid-for 8760h  for how long the certificate is good
  --root-dir DIR     of the kubelet. Default: that of the node of "up" that SOLO_KUBELET_SOCKET names, else
                     /var/lib/kubelet, or that of the usual node of "up"
  --server URL       where the API is reached. Default: as the administrator's kubeconfig says`,
  options: {
    user: { type: 'string' },
    group: { type: 'string', multiple: true },
    'valid-for': { type: 'string' },
    'root-dir': { type: 'string' },
    server: { type: 'string' },
  },
  run: async (input, io) => {
    const user = textOption(input, 'user');
    const groups = textsOption(input, 'group');
    if (input.operands.length > 0) throw usage('kubeconfig takes no operands: --user NAME');
    if (user === undefined && groups.length > 0) throw usage('--group goes with --user NAME');
    const server = textOption(input, 'server');
    if (server !== undefined && !/^https:\/\/[^/]/.test(server))
      throw usage(`--server takes a URL such as https://edge-7:6443, not ${JSON.stringify(server)}`);
    const { kubeconfig } = await import('./kubeconfig.js');
    return kubeconfig(
      {
        groups,
        ...given('user', user),
        ...given('validForMs', durationOption(input, 'valid-for')),
        ...given('rootDirectory', textOption(input, 'root-dir')),
        ...given('server', server),
      },
      io,
    );
  },
};
