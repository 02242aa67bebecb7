import { createHash, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { isHost } from '../core/host-name.js';
import { type NginxOptions, nginxConfiguration } from '../core/nginx/nginx-files.js';
import { allRoutes, type RouteTable } from '../core/route-table.js';
import { type CertificateFile, collectCertificates } from '../proxy/collect-certificates.js';
import type { IssueCertificate } from '../proxy/own-certificates.js';
import { nginxConfigurationPath, nginxSocket } from './nginx-process.js';

export interface RenderNginxOptions extends Pick<NginxOptions, 'directory' | 'addresses' | 'httpPort' | 'httpsPort' | 'runAs'> {
  readonly issue: IssueCertificate;
  readonly now: () => number;
}

export interface RenderedNginx {
  /** The configuration of a generation, in latin1. */
  configuration(generation: number): string;
  readonly secrets: ReadonlyMap<string, string>;
  /** Stands for all of it but the generation. */
  readonly digest: string;
}

/** What is to be served as files. @throws Error where it is too much for nginx */
export const renderNginx = async (table: RouteTable, { issue, now, ...options }: RenderNginxOptions): Promise<RenderedNginx> => {
  const { secrets, certificates } = await collectCertificates(table, { directory: options.directory, issue, now });
  const described = certificates.map((each, i) => describe(each, secrets.get(each.file) ?? '', i === 0 && table.listens.https));
  const resolvers = allRoutes(table).some(({ auth }) => auth !== undefined && auth.backend === undefined) ? await nameServers() : [];
  const configuration = (generation: number): string =>
    nginxConfiguration(table, {
      ...options,
      statusSocket: nginxSocket(options.directory),
      generation,
      generationDirectory: generationDirectory(options.directory, generation),
      resolvers,
      certificates: described,
    });
  const digest = createHash('sha256')
    .update(JSON.stringify([configuration(0), [...secrets]]))
    .digest('hex');
  return { configuration, secrets, digest };
};

/** The kind of its key, and where nobody says what names it is for, those that it says itself. */
const describe = (each: CertificateFile, pem: string, isForAll: boolean): NginxOptions['certificates'][number] => {
  const { subjectAltName = '', publicKey } = new X509Certificate(pem);
  const named = [...subjectAltName.matchAll(/DNS:([^,\s"]+)/g)].map(([, name = '']) => name.toLowerCase()).filter(isHost);
  return { ...each, kind: publicKey.asymmetricKeyType ?? '', hosts: each.hosts.length > 0 || isForAll ? each.hosts : named };
};

/** Servers of DNS, as the machine has them: what nginx resolves while it runs, it asks them. */
const nameServers = async (): Promise<readonly string[]> => {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  return nameServersIn(text);
};

/** Without those of an interface, `fe80::1%eth0`, which nginx has no word for. */
export const nameServersIn = (text: string): readonly string[] =>
  [...text.matchAll(/^nameserver\s+(\S+)/gm)].flatMap(([, address = '']) =>
    isIP(address) !== 0 && !address.includes('%') ? [address] : [],
  );

const generationDirectory = (directory: string, generation: number): string => join(directory, `generation-${generation}`);

/** Puts a generation into a directory of its own; resolves to its configuration. */
export const writeNginx = async (rendered: RenderedNginx, generation: number, directory: string): Promise<string> => {
  const place = generationDirectory(directory, generation);
  await rm(place, { recursive: true, force: true });
  await mkdir(place, { recursive: true, mode: 0o700 });
  await mkdir(join(directory, 'temporary'), { recursive: true, mode: 0o700 });
  for (const [name, text] of rendered.secrets) await writeFile(join(place, name), text, { mode: 0o600 });
  const path = join(place, 'nginx.conf');
  await writeFile(path, rendered.configuration(generation), { mode: 0o600, encoding: 'latin1' });
  return path;
};

/** The configuration that a start and a reload read, replaced as a whole. */
export const makeNginxCurrent = async (rendered: RenderedNginx, generation: number, directory: string): Promise<void> => {
  const current = nginxConfigurationPath(directory);
  await writeFile(`${current}.new`, rendered.configuration(generation), { mode: 0o600, encoding: 'latin1' });
  await rename(`${current}.new`, current);
};
