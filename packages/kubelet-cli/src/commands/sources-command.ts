import { flagOption, textOption } from '../command.js';
import { given, nodeCommand, usage } from './node-command.js';

/** `sources [NAME]…`: how the verified sources of manifests are. `sources hold|resume|skip|retry NAME…`: steers their rollouts. */
export const sourcesCommand = nodeCommand(
  {
    name: 'sources',
    usage: '[hold|resume|skip|retry] [NAME]… [-o wide|json|yaml|name|jsonpath=…]',
    summary:
      'Show how the verified sources of manifests are, the exit status tells too; or hold, resume, skip or retry their new revisions.',
    details: `
hold NAME…     nothing new is begun from now on
resume NAME…   new revisions are begun again
skip NAME…     the revision that waits is left out; one that is on trial is left for the one before
retry NAME…    the newest revision is begun now, whatever failed and whatever the window

  --no-headers   a table without its first line

Exit status: 0 all are ready, 3 an answer was refused or a revision was left, 1 one can't be reached, was not checked yet,
is on trial or is not renewed.
`,
    options: { output: { type: 'string', short: 'o' }, 'no-headers': { type: 'boolean' } },
  },
  (input) => ({
    ...target(input.operands),
    noHeaders: flagOption(input, 'no-headers'),
    ...given('output', textOption(input, 'output')),
  }),
  async () => (await import('./sources.js')).sources,
);

/** A command comes before names. @throws CliError CLI_USAGE where none follows */
const target = (operands: readonly string[]): { readonly names: readonly string[]; readonly command?: string } => {
  const [word = '', ...names] = operands;
  // No look at all sources is meant by it, and hardly ever one at a source of that name.
  if (names.length === 0 && COMMANDS.has(word)) throw usage(`${word} which source? kubelet-cli sources lists them`);
  return names.length > 0 && COMMANDS.has(word) ? { command: word, names } : { names: operands };
};

const COMMANDS: ReadonlySet<string> = new Set(['hold', 'resume', 'skip', 'retry']);
