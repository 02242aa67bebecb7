// Builds the single executable and the .deb of each architecture: tsx tools/packaging/src/bin.ts [--arch amd64,arm64] [--out DIR] [--version VERSION]
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { PROJECT_URL } from '../../workspace/packages.mjs';
import { buildDeb } from './build-deb.js';
import { buildExecutable, hostArchitecture } from './build-executable.js';
import { bundleProgram } from './bundle-program.js';
import { type DebArchitecture, debPackage } from './deb-package.js';
import { generatedTexts } from './generated-texts.js';
import { bundledLibraries, executableLicences, licenceText } from './library-licences.js';
import { nodeBinary } from './node-binary.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const { values } = parseArgs({
  options: { arch: { type: 'string', default: 'amd64,arm64' }, out: { type: 'string' }, version: { type: 'string' } },
});
const out = values.out ?? join(root, 'tools/packaging/out');
const cache = join(root, '.cache/node');
const work = join(root, '.cache/packaging');

const isArchitecture = (name: string): name is DebArchitecture => name === 'amd64' || name === 'arm64';
const architectures = values.arch.split(',').filter(isArchitecture);
if (architectures.length !== values.arch.split(',').length) throw new Error(`--arch takes amd64 and arm64, not ${values.arch}`);

const packed = JSON.parse(await readFile(join(root, 'packages/kubelet-cli/package.json'), 'utf8')) as { version: string };
// Another one is for tests of upgrades.
const version = values.version ?? packed.version;
if (!/^\d[0-9A-Za-z.+~-]*$/.test(version))
  throw new Error(`--version takes a version as Debian writes them, such as 1.2.3, not ${version}`);
const date = new Date((await run('git', ['log', '-1', '--format=%cI'], { cwd: root })).stdout.trim());
for (const directory of [out, work]) {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
}

const texts = await generatedTexts({ version, date: date.toISOString().slice(0, 10) });
const program = join(work, 'program');
const inputs = await bundleProgram({
  root,
  entry: 'tools/packaging/src/executable-entry.ts',
  outfile: program,
  target: 'node24',
  moduleUrl: "require('node:url').pathToFileURL(process.execPath).href",
  version,
});
const libraries = licenceText(bundledLibraries(inputs, root));
const hostNode = await nodeBinary(hostArchitecture(), cache);

for (const architecture of architectures) {
  const node = await nodeBinary(architecture, cache);
  const executable = await buildExecutable({ architecture, program, node, hostNode, directory: work });
  if (architecture === hostArchitecture()) process.stdout.write((await run(executable, ['version'])).stdout);
  const installedKiB = Math.ceil((await stat(executable)).size / 1024) + 600;
  const licences = { libraries, node: node.licence };
  const contents = debPackage({ version, architecture, homepage: PROJECT_URL, date, executable, installedKiB, licences, ...texts });
  const deb = join(out, `solo-kubelet_${version}_${architecture}.deb`);
  await buildDeb(contents, join(work, `deb-${architecture}`), deb, date);
  await run('cp', ['--', executable, out]);
  const beside = { own: await readFile(join(root, 'LICENSE'), 'utf8'), node: node.licence, libraries };
  await writeFile(join(out, `${basename(executable)}-LICENSES.txt`), executableLicences(beside));
  process.stdout.write(`${deb}\n`);
  await lint(deb);
}

/** Judges a package by Debian's own tool, where it is installed. */
async function lint(deb: string): Promise<void> {
  try {
    const { stdout } = await run('lintian', ['--fail-on', 'error,warning', '--tag-display-limit', '0', deb]);
    process.stdout.write(`lintian: nothing to tell\n${stdout}`);
  } catch (error) {
    const { code, stdout } = error as { code?: number | string; stdout?: string };
    if (code !== 'ENOENT') throw new Error(`lintian finds fault with ${deb}:\n${stdout ?? ''}`, { cause: error });
    process.stdout.write('lintian is not installed: not judged by it\n');
  }
}
