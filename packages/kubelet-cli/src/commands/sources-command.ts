import { flagOption, textOption } from '../command.js';
import { given, nodeCommand } from './node-command.js';

/** `sources [NAME]…`: how the verified sources of manifests are. `sources hold|resume|skip|retry NAME…`: steers their rollouts. */
export const sourcesCommand = nodeCommand(
  {
    name: 'sources',
    usage: '[hold|resume|skip|retry] [NAME]… [-o wide|json|yaml|name|jsonpath=…]',
    summary:
      'Show how the verified sources of manifests are, the exit status tells too; or hold, resume, skip or retry their new revisions.',
    options: { output: { type: 'string', short: 'o' }, 'no-headers': { type: 'boolean' } },
  },
  (input) => ({
    ...target(input.operands),
    noHeaders: flagOption(input, 'no-headers'),
    ...given('output', textOption(input, 'output')),
  }),
  async () => (await import('./sources.js')).sources,
);

/** A command comes before names; a word that stands alone is a name. */
const target = (operands: readonly string[]): { readonly names: readonly string[]; readonly command?: string } => {
  const [word = '', ...names] = operands;
  return names.length > 0 && COMMANDS.has(word) ? { command: word, names } : { names: operands };
};

const COMMANDS: ReadonlySet<string> = new Set(['hold', 'resume', 'skip', 'retry']);
