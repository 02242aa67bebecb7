import { createHash } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AUTH_SCRIPT } from '../core/auth-script.js';
import { type HaproxyFiles, haproxyFiles } from '../core/haproxy-files.js';
import { MIRROR_SCRIPT } from '../core/mirror-script.js';
import type { RouteTable } from '../core/route-table.js';
import type { Slots } from '../core/server-slots.js';
import { collectCertificates } from '../proxy/collect-certificates.js';
import type { IssueCertificate } from '../proxy/own-certificates.js';

export interface RenderOptions {
  readonly directory: string;
  readonly runtimeSocket: string;
  readonly addresses: readonly string[];
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly runAs: { readonly user: string; readonly group: string } | undefined;
  readonly issue: IssueCertificate;
  readonly now: () => number;
}

export interface Rendered {
  readonly files: HaproxyFiles;
  readonly secrets: ReadonlyMap<string, string>;
  /** Stands for everything but the servers, which the runtime socket changes. */
  readonly shape: string;
}

/** Files of a generation as they would be. Certificates that the node makes itself are kept, and made where they are missing. */
export const renderGeneration = async (
  table: RouteTable,
  slots: ReadonlyMap<string, Slots>,
  generation: number,
  options: RenderOptions,
): Promise<Rendered> => {
  const { directory, runtimeSocket, addresses, httpPort, httpsPort, runAs, issue, now } = options;
  const { secrets, certificates } = await collectCertificates(table, { directory, issue, now });
  const common = {
    runtimeSocket,
    authAddress: `abns@solo-ingress-${createHash('sha256').update(directory).digest('hex').slice(0, 32)}`,
    runAs,
    certificates,
    addresses,
    httpPort,
    httpsPort,
  };
  const files = haproxyFiles(table, slots, { ...common, directory: join(directory, `generation-${generation}`), generation });
  const shapeOf = haproxyFiles(
    table,
    new Map([...slots].map(([name, { length }]) => [name, new Array<undefined>(length).fill(undefined)])),
    {
      ...common,
      directory: 'generation',
      generation: 0,
    },
  );
  return {
    files,
    secrets,
    shape: createHash('sha256')
      .update(JSON.stringify([[...shapeOf], [...secrets]]))
      .digest('hex'),
  };
};

/** Puts a generation into a directory of its own; resolves to its configuration. */
export const writeGeneration = async ({ files, secrets }: Rendered, generation: number, directory: string): Promise<string> => {
  const place = join(directory, `generation-${generation}`);
  await rm(place, { recursive: true, force: true });
  await mkdir(place, { recursive: true, mode: 0o700 });
  // Paths are kept byte for byte.
  for (const [name, text] of [...files, ...secrets, ['auth.lua', AUTH_SCRIPT] as const, ['mirror.lua', MIRROR_SCRIPT] as const])
    await writeFile(join(place, name), text, { mode: 0o600, encoding: name.endsWith('.map') ? 'latin1' : 'utf8' });
  return join(place, 'haproxy.cfg');
};

/** The configuration that a start reads, replaced as a whole. */
export const makeCurrent = async ({ files }: Rendered, directory: string): Promise<void> => {
  const current = join(directory, 'haproxy.cfg');
  await writeFile(`${current}.new`, files.get('haproxy.cfg') ?? '', { mode: 0o600 });
  await rename(`${current}.new`, current);
};
