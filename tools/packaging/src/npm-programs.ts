// Bundles what the npm package runs into packages/kubelet-cli/dist, with the licences of the libraries that are in it:
// tsx --conditions=@solo-kubelet/source tools/packaging/src/npm-programs.ts
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashLine } from '../../../packages/kubelet-cli/src/start/program-hash.js';
import { PROGRAMS } from '../../../packages/kubelet-cli/src/start/which-program.js';
import { bundleProgram } from './bundle-program.js';
import { bundledLibraries, licenceText } from './library-licences.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const directory = join(root, 'packages/kubelet-cli/dist');
const work = join(root, '.cache/npm-programs');
await mkdir(work, { recursive: true });

const inputs = new Set<string>();
for (const [name, file] of Object.entries(PROGRAMS)) {
  const outfile = join(work, name);
  const bundled = await bundleProgram({
    root,
    entry: `tools/packaging/src/npm-${name}.ts`,
    outfile,
    target: 'node20',
    moduleUrl: "require('node:url').pathToFileURL(__filename).href",
  });
  for (const input of bundled) inputs.add(input);
  const text = await readFile(outfile, 'latin1');
  const made = join(directory, `.${file}`);
  await writeFile(made, `${hashLine(createHash('sha256').update(text, 'latin1').digest('hex'))}${text}`, 'latin1');
  // A kubelet may be starting from the one that is there.
  await rename(made, join(directory, file));
}
await writeFile(join(directory, 'LICENSES-of-libraries.txt'), licenceText(bundledLibraries([...inputs], root)));
