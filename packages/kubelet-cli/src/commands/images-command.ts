import type { SourceObject } from '@solo-kubelet/node-api';
import type { CliIo } from '../cli-io.js';
import { NODE_OPTIONS_HELP, nodeOptions } from '../client/node-options.js';
import { type Command, type CommandInput, flagOption, textOption } from '../command.js';
import { usage } from './node-command.js';

/** `images list|import|prune`; `list` is `get images`. */
export const imagesCommand = (getCommand: Command): Command => ({
  name: 'images',
  usage: 'list [-o wide|json|yaml|name] | import FILE… [--name NAME] | prune [--dry-run]',
  summary: 'List the images of the node, import archives, remove unused ones.',
  details: `\nimport takes what docker save and skopeo write (docker-archive, oci-archive), compressed too; --name is for an archive that\nnames no image.\nlist --no-headers is a table without its first line; prune --dry-run only shows what would go.\nprune leaves pinned images, those of any container, running or ended, and those that came in bundles that run.\n${NODE_OPTIONS_HELP}`,
  options: {
    ...nodeOptions,
    output: { type: 'string', short: 'o' },
    'no-headers': { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    name: { type: 'string' },
  },
  run: async (input: CommandInput, io: CliIo, argv) => {
    const [action, ...operands] = input.operands;
    if (action === 'list') return getCommand.run({ ...input, operands: ['images', ...operands] }, io, argv);
    if (action !== 'import' && action !== 'prune') throw usage('images what? list, import or prune');
    if (action === 'prune' && operands.length > 0) throw usage('images prune takes no names: it removes every image that nothing uses');
    if (action === 'import' && operands.length === 0) throw usage('import which archives?');
    const [{ importArchives, pruneImages }, { runtimeEndpoint, runningSources }] = await Promise.all([
      import('./images.js'),
      import('../client/connect.js'),
    ]);
    const context = { endpoint: await runtimeEndpoint(input, io), io, signal: io.interrupted };
    return action === 'import'
      ? importArchives(operands, textOption(input, 'name'), context)
      : pruneImages(flagOption(input, 'dry-run'), await keptImages(() => runningSources(input, io)), context);
  },
});

/** As the kubelet tells them, else as it left them on the disk. */
const keptImages = async (running: () => Promise<readonly SourceObject[] | undefined>): Promise<readonly string[]> => {
  const sources = await running();
  if (sources !== undefined) return sources.flatMap(({ images = [] }) => images);
  return (await import('@solo-kubelet/verified-source')).readKeptImages(SOURCES_DIRECTORY);
};

/** Of a kubelet with the usual root directory. */
const SOURCES_DIRECTORY = '/var/lib/kubelet/manifests/sources';
