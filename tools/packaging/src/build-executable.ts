import { execFile } from 'node:child_process';
import { chmod, copyFile, readFile, writeFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { inject } from 'postject';
import type { DebArchitecture } from './deb-package.js';
import type { NodeBinary } from './node-binary.js';

const run = promisify(execFile);

/** What Node.js looks for in its own binary (nodejs.org/api/single-executable-applications.html). */
const SENTINEL_FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

export const hostArchitecture = (): DebArchitecture => (arch() === 'arm64' ? 'arm64' : 'amd64');

const TRIPLETS: Readonly<Record<DebArchitecture, string>> = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** Bundles the command line and all libraries into one CommonJS file; gives the files that went into it. */
export const bundleProgram = async (root: string, outfile: string, version: string): Promise<readonly string[]> => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['tools/packaging/src/executable-entry.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    conditions: ['@solo-kubelet/source'],
    // Names stay, so that a stack trace can be read.
    minifyWhitespace: true,
    legalComments: 'none',
    define: { 'import.meta.url': '__moduleUrl', SOLO_KUBELET_VERSION: JSON.stringify(version) },
    banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(process.execPath).href;" },
    metafile: true,
    logLevel: 'warning',
  });
  return Object.keys(metafile.inputs);
};

export interface ExecutableOptions {
  readonly architecture: DebArchitecture;
  /** The bundle of `bundleProgram`. */
  readonly bundle: string;
  /** Node.js for `architecture`, and the one that runs here, of the same version. */
  readonly node: NodeBinary;
  readonly hostNode: NodeBinary;
  readonly directory: string;
}

/**
 * A single executable by Node.js' own means: its binary with the bundle as a section of it. V8's code cache goes in where the executable is for the machine
 * it is built on; elsewhere it would not be accepted.
 */
export const buildExecutable = async ({ architecture, bundle, node, hostNode, directory }: ExecutableOptions): Promise<string> => {
  const [blob, settings, executable] = ['blob', 'sea.json', `kubelet-cli-linux-${architecture}`].map((name) => join(directory, name));
  const useCodeCache = architecture === hostArchitecture();
  const configuration = { main: bundle, output: blob, disableExperimentalSEAWarning: true, useSnapshot: false, useCodeCache };
  await writeFile(settings!, JSON.stringify(configuration));
  await run(hostNode.path, ['--experimental-sea-config', settings!]);
  await copyFile(node.path, executable!);
  await chmod(executable!, 0o755);
  await strip(executable!, architecture);
  await inject(executable!, 'NODE_SEA_BLOB', await readFile(blob!), { sentinelFuse: SENTINEL_FUSE });
  return executable!;
};

/** Takes the symbols out, which are a seventh of the binary, before anything is put in. */
const strip = async (executable: string, architecture: DebArchitecture): Promise<void> => {
  const command = architecture === hostArchitecture() ? 'strip' : `${TRIPLETS[architecture]}-strip`;
  await run(command, ['--strip-all', executable]).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new Error(`${command} is missing: apt-get install ${command === 'strip' ? 'binutils' : `binutils-${TRIPLETS[architecture]}`}`);
  });
};
