import type { Command } from '../command.js';
import { textOption } from '../command.js';
import { given, namespaceOption, nodeCommand, usage } from './node-command.js';

/** `net trace`: the way of a connection. */
export const netCommand: Command = nodeCommand(
  {
    name: 'net',
    usage: 'trace POD HOST:PORT[/PROTOCOL] [-n NAMESPACE]',
    summary: 'Tell hop by hop what would become of a connection of a Pod: name, Service, endpoints, policies. Nothing is sent.',
    details: `
  -n, --namespace NAME   default: default
`,
    options: namespaceOption,
  },
  (input) => {
    const [verb, from, to] = input.operands;
    if (verb !== 'trace' || from === undefined || to === undefined || input.operands.length > 3)
      throw usage('net trace takes POD HOST:PORT');
    return { from, to, ...given('namespace', textOption(input, 'namespace')) };
  },
  async () => (await import('./net-trace.js')).traceNet,
);
