import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildImages } from '@solo-kubelet-tools/images';
import { cacheDirectory } from '@solo-kubelet-tools/testbed';
import { buildDeb } from './build-debs.js';
import { patient } from './patience.js';

const EXAMPLES = new URL('../../../examples/provisioning/', import.meta.url);

/** A file of the examples. */
export const example = (name: string): string => readFileSync(new URL(name, EXAMPLES), 'utf8');

/** What whoever runs a fleet has on a laptop: the product, a key, images, and a directory that a web server serves. */
export interface Fleet {
  readonly www: string;
  readonly deb: string;
  readonly executable: string;
  readonly publicKey: string;
  /** The key alone, as it stands in a source. */
  readonly keyText: string;
  /** Runs the command line of the laptop. */
  cli(...args: readonly string[]): void;
  /** A Pod that says its version, with its image, signed, in one file. */
  bundle(version: string, output: string): void;
  /** The same as a directory for a web server, at `fleet/site` of it. */
  publish(version: string): void;
  /** Files of that directory, by their path in it. */
  published(): ReadonlyMap<string, Buffer>;
}

/** The Pod that says its version; with a name that its manifest has. */
export const helloPod = (version: string, name = 'hello'): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: app
      image: localhost/solo-kubelet/busybox:1
      imagePullPolicy: IfNotPresent
      command: [sh, -c, "trap 'exit 0' TERM; echo version ${version}; sleep infinity & wait"]
`;

export const digestOf = (algorithm: 'sha256' | 'sha512', path: string): string =>
  createHash(algorithm).update(readFileSync(path)).digest('hex');

export const createFleet = async (directory: string): Promise<Fleet> => {
  rmSync(directory, { recursive: true, force: true });
  const at = (name: string): string => join(directory, name);
  const www = at('www');
  mkdirSync(join(www, 'fleet'), { recursive: true });
  const deb = join(www, 'fleet/solo-kubelet_0.1.0_amd64.deb');
  await buildDeb(at('packages'), deb);
  const executable = join(www, 'fleet/kubelet-cli-linux-amd64');
  copyFileSync(at('packages/kubelet-cli-linux-amd64'), executable);
  const images = await buildImages({ directory: join(cacheDirectory(), 'images') });
  const small = images.find((path) => basename(path) === 'small.tar');
  if (small === undefined) throw new Error('the archive of small images is missing');
  const cli = (...args: readonly string[]): void =>
    void execFileSync(executable, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: patient(120_000) });
  const [publicKey, secretKey] = [at('site.pub'), at('site.key')];
  execFileSync('minisign', ['-G', '-W', '-p', publicKey, '-s', secretKey], { stdio: 'ignore' });
  const create = (version: string, ...output: readonly string[]): void => {
    writeFileSync(at('hello.yaml'), helloPod(version));
    cli('bundle', 'create', at('hello.yaml'), ...output, '--key', secretKey, '--image', small);
  };
  return {
    www,
    deb,
    executable,
    publicKey,
    keyText: readFileSync(publicKey, 'utf8').split('\n')[1] ?? '',
    cli,
    bundle: (version, output) => create(version, '-o', output),
    publish: (version) => create(version, '--layout', join(www, 'fleet/site')),
    published: () => {
      const site = join(www, 'fleet/site');
      const names = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(site, name)).isFile());
      return new Map(names.map((name) => [name, readFileSync(join(site, name))]));
    },
  };
};

/** Makes a repository of apt of the packages of a directory, to be trusted as it is, below a web server's. */
export const publishPackages = (debs: string, repository: string): void => {
  mkdirSync(repository, { recursive: true });
  const stanzas = readdirSync(debs)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => {
      const path = join(debs, name);
      const file = name.replaceAll('%', '-');
      copyFileSync(path, join(repository, file));
      const fields = execFileSync('dpkg-deb', ['--field', path], { encoding: 'utf8' });
      return `${fields}Filename: ./${file}\nSize: ${statSync(path).size}\nSHA256: ${digestOf('sha256', path)}\n`;
    });
  writeFileSync(join(repository, 'Packages'), stanzas.join('\n'));
};
