import { BUNDLE_ACTIONS } from '../bundle/bundle-actions.js';
import type { CliIo } from '../cli-io.js';
import { NODE_OPTIONS_HELP, nodeOptions } from '../client/node-options.js';
import type { Command, CommandInput } from '../command.js';
import { usage } from './node-command.js';

/** `bundle create|sign|content|verify|apply`: manifests and their images in one signed file. */
export const bundleCommand: Command = {
  name: 'bundle',
  usage: 'create MANIFEST… -o FILE|--layout DIR [--image [NAME=]ARCHIVE]… [--key SECRET-KEY] | sign | content | verify | apply FILE',
  summary: 'Carry manifests and their images to nodes without a network, in one signed file.',
  details: `
create MANIFEST… -o FILE     manifests (files, directories) with the images that they name
  --layout DIR               instead: a directory for a web server, with manifests.tar for a source to name and an OCI layout that
                             it fetches the images from; what of it is there already stays
  --image [NAME=]ARCHIVE     from docker save, skopeo, ctr images export, or an OCI layout directory; the others come from the
                             container runtime of this machine
  --pull                     the others come from their registries, by skopeo
  --platform OS/ARCH         for such machines alone (linux/arm64); else all that an archive has
  --revision N               begins it with a SourceRevision
  --key SECRET-KEY           signs it, too
sign FILE --key SECRET-KEY   by minisign or ssh-keygen, whichever made the key
  --signature FILE           instead: puts a signature of what "bundle content" writes, made elsewhere, into it
content FILE                 writes the part that is signed to standard output
verify FILE --key PUBLIC-KEY reads all of it, and says what is in it
apply FILE|DIRECTORY         verifies it, imports the images that the runtime lacks, and gives the manifests to the source
  --source NAME              which one (default: the only one of the source directory)
  --key PUBLIC-KEY           makes the source where there is none, under the name of --source (default site)
  --timeout 60s              longest wait for the kubelet's word
  --source-dir, --root-dir   as the kubelet's
  --ssh-namespace NAME       with keys of ssh: what signatures are for (default solo-kubelet)
${NODE_OPTIONS_HELP}`,
  options: {
    ...nodeOptions,
    output: { type: 'string', short: 'o' },
    layout: { type: 'string' },
    image: { type: 'string', multiple: true },
    pull: { type: 'boolean' },
    platform: { type: 'string' },
    revision: { type: 'string' },
    key: { type: 'string' },
    signature: { type: 'string' },
    source: { type: 'string' },
    timeout: { type: 'string' },
    'source-dir': { type: 'string' },
    'root-dir': { type: 'string' },
    'ssh-namespace': { type: 'string' },
  },
  run: async (input: CommandInput, io: CliIo) => {
    const [given, ...operands] = input.operands;
    const action = BUNDLE_ACTIONS.find((one) => one === given);
    if (action === undefined) throw usage(`bundle what? ${BUNDLE_ACTIONS.slice(0, -1).join(', ')} or ${BUNDLE_ACTIONS.at(-1)}`);
    if (operands.length === 0) throw usage(action === 'create' ? 'create a bundle of which manifests?' : `${action} which bundle?`);
    if (action !== 'create' && operands.length > 1) throw usage(`${action} takes one bundle`);
    return (await import('./bundle.js')).bundle(action, operands, input, io);
  },
};
