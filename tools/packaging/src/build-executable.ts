import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'postject';
import type { DebArchitecture } from './deb-package.js';
import type { NodeBinary } from './node-binary.js';

const run = promisify(execFile);

/** What Node.js looks for in its own binary (nodejs.org/api/single-executable-applications.html). */
const SENTINEL_FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

export const hostArchitecture = (): DebArchitecture => (arch() === 'arm64' ? 'arm64' : 'amd64');

const TRIPLETS: Readonly<Record<DebArchitecture, string>> = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

export interface ExecutableOptions {
  readonly architecture: DebArchitecture;
  /** The script of `bundleProgram`. */
  readonly program: string;
  /** Node.js for `architecture`, and the one that runs here, of the same version. */
  readonly node: NodeBinary;
  readonly hostNode: NodeBinary;
  readonly directory: string;
}

/**
 * A single executable by Node.js' own means: its binary with the bundle as a section of it. What V8 compiled of it goes in where the executable is for the
 * machine it is built on; elsewhere it would not be accepted.
 */
export const buildExecutable = async ({ architecture, program, node, hostNode, directory }: ExecutableOptions): Promise<string> => {
  const [blob, settings, executable] = ['blob', 'sea.json', `kubelet-cli-linux-${architecture}`].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  const compiled = architecture === hostArchitecture() ? await compileAhead(program, hostNode, directory) : undefined;
  const configuration = {
    main: beside('executable-main.cjs'),
    output: blob,
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    assets: { program, ...(compiled !== undefined && { compiled }) },
  };
  await writeFile(settings, JSON.stringify(configuration));
  await run(hostNode.path, ['--experimental-sea-config', settings]);
  await copyFile(node.path, executable);
  await chmod(executable, 0o755);
  await strip(executable, architecture);
  await inject(executable, 'NODE_SEA_BLOB', await readFile(blob), { sentinelFuse: SENTINEL_FUSE });
  return executable;
};

const COMPILE_LIMIT_MS = 300_000;
const MAX_OUTPUT = 16 << 20;

const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Has the program run once; gives the file with what was compiled of it. */
const compileAhead = async (program: string, { path: node }: NodeBinary, directory: string): Promise<string> => {
  const compiled = join(directory, 'compiled');
  const manifests = join(directory, 'manifests');
  await mkdir(manifests, { recursive: true });
  await writeFile(join(manifests, 'pod.json'), JSON.stringify(POD));
  const options = { timeout: COMPILE_LIMIT_MS, maxBuffer: MAX_OUTPUT };
  await run(node, [beside('compile-ahead.cjs'), program, compiled, manifests], options);
  await run(node, [beside('is-taken.cjs'), program, compiled], options);
  return compiled;
};

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'first' },
  spec: { containers: [{ name: 'app', image: 'app:1' }] },
};

/** Takes the symbols out, which are a seventh of the binary, before anything is put in. */
const strip = async (executable: string, architecture: DebArchitecture): Promise<void> => {
  const command = architecture === hostArchitecture() ? 'strip' : `${TRIPLETS[architecture]}-strip`;
  await run(command, ['--strip-all', executable]).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new Error(`${command} is missing: apt-get install ${command === 'strip' ? 'binutils' : `binutils-${TRIPLETS[architecture]}`}`);
  });
};
