import { flagOption, textOption } from '../command.js';
import { given, nodeCommand } from './node-command.js';

/** `sources [NAME]…`: how the verified sources of manifests are. */
export const sourcesCommand = nodeCommand(
  {
    name: 'sources',
    usage: '[NAME]… [-o wide|json|yaml|name|jsonpath=…]',
    summary: 'Show how the verified sources of manifests are; the exit status tells too.',
    options: { output: { type: 'string', short: 'o' }, 'no-headers': { type: 'boolean' } },
  },
  (input) => ({
    names: input.operands,
    noHeaders: flagOption(input, 'no-headers'),
    ...given('output', textOption(input, 'output')),
  }),
  async () => (await import('./sources.js')).sources,
);
