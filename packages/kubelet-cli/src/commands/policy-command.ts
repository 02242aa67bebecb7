import type { Command } from '../command.js';
import { textOption } from '../command.js';
import { given, namespaceOption, nodeCommand, usage } from './node-command.js';

/** `policy test`: asks the NetworkPolicies. */
export const policyCommand: Command = nodeCommand(
  {
    name: 'policy',
    usage: 'test FROM TO PORT[/PROTOCOL] [-n NAMESPACE]',
    summary: 'Tell whether NetworkPolicies allow a connection, and which rule decides. FROM and TO: [NAMESPACE/]POD, an address, or node.',
    details: `
  -n, --namespace NAME   default: default
`,
    options: namespaceOption,
  },
  (input) => {
    const [verb, from, to, port] = input.operands;
    if (verb !== 'test' || from === undefined || to === undefined || port === undefined || input.operands.length > 4)
      throw usage('policy test takes FROM TO PORT');
    return { from, to, port, ...given('namespace', textOption(input, 'namespace')) };
  },
  async () => (await import('./policy.js')).testPolicy,
);
