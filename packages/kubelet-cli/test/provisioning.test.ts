import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { installPlan } from '@solo-kubelet/standalone-node/install';
import { parseSourceFile } from '@solo-kubelet/verified-source';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { ignitionProblems } from './ignition-rules.js';

const root = fileURLToPath(new URL('../../../examples/provisioning', import.meta.url));
const file = (name: string): string => readFileSync(join(root, name), 'utf8');
const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
const sourceOf = (text: string) => {
  const parsed = parseSourceFile(text, { path: 'site.yaml', maxBytes: 3 << 20 });
  return parsed.ok ? parsed.source : parsed.issues;
};

interface FileNode {
  readonly path: string;
  readonly mode?: number;
  readonly contents?: {
    readonly source?: string;
    readonly inline?: string;
    readonly compression?: string;
    readonly verification?: { readonly hash: string };
  };
}
interface Unit {
  readonly name: string;
  readonly enabled?: boolean;
  readonly contents?: string;
}
interface Config {
  readonly storage: { readonly directories: readonly FileNode[]; readonly files: readonly FileNode[] };
  readonly systemd: { readonly units: readonly Unit[] };
}
interface Ignition extends Config {
  readonly ignition: { readonly version: string };
}

const ignition = (): Ignition => JSON.parse(file('ignition/site.ign')) as Ignition;
const decoded = (source: string, compression = ''): string => {
  if (!source.startsWith('data:')) return source;
  const bytes = Buffer.from(source.replace('data:;base64,', ''), 'base64');
  return (compression === 'gzip' ? gunzipSync(bytes) : bytes).toString();
};

it('has a source that the kubelet takes, the same one everywhere', () => {
  const source = sourceOf(file('site.yaml'));
  expect(source).toMatchObject({ name: 'site', require: 'signature', keys: [expect.stringMatching(/^RW/)] });
  const { write_files: written } = parse(file('nocloud/user-data')) as {
    readonly write_files: readonly { readonly path: string; readonly content: string }[];
  };
  const ignited = ignition().storage.files.map(({ path, contents }) => ({ path, content: decoded(contents?.source ?? '') }));
  for (const files of [written, ignited]) {
    const { content } = files.find(({ path }) => path === '/etc/kubernetes/sources.d/site.yaml')!;
    expect(sourceOf(content)).toEqual(source);
  }
});

it('has user data that cloud-init takes', () => {
  expect(file('nocloud/user-data')).toMatch(/^#cloud-config\n/);
  expect(parse(file('nocloud/meta-data'))).toMatchObject({ 'instance-id': expect.any(String) });
  if (!has('cloud-init')) return console.log('not checked by its schema: cloud-init is not installed');
  execFileSync('cloud-init', ['schema', '--config-file', join(root, 'nocloud/user-data')], { stdio: 'ignore' });
});

it.each([
  ['installs the package that has the digest', 'it', true],
  ['installs none that has another', 'another', false],
])('has user data that %s', (_what, content, installed) => {
  const directory = mkdtempSync(join(tmpdir(), 'provisioning-'));
  try {
    const put = (name: string, text: string) => writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    put('curl', `printf ${content} > ${directory}/solo-kubelet.deb`);
    put('apt-get', `echo "$@" > ${directory}/installed`);
    const digest = createHash('sha256').update('it').digest('hex');
    const text = file('nocloud/user-data').replaceAll('/var/tmp', directory).replace(/0{64}/, digest);
    const { runcmd } = parse(text) as { readonly runcmd: readonly (readonly [string, ...string[]])[] };
    // As cloud-init does: one after the other, whatever became of it.
    for (const [program, ...rest] of runcmd) spawnSync(program, rest, { env: { PATH: `${directory}:${process.env['PATH']}` } });
    expect(existsSync(join(directory, 'installed'))).toBe(installed);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it('has an Ignition configuration that is what Butane makes of site.bu', () => {
  const { storage, systemd, ...rest } = parse(file('ignition/site.bu'), { version: '1.1' }) as Config & object;
  expect(rest).toEqual({ variant: 'fcos', version: '1.4.0' });
  const { ignition: head, ...made } = ignition();
  // Butane's fcos 1.4.0 is this; Debian's Ignition takes nothing newer.
  expect(head).toEqual({ version: '3.3.0' });
  const inlined = made.storage.files.map(({ contents, ...node }) =>
    contents?.source?.startsWith('data:') ? { ...node, contents: { inline: decoded(contents.source) } } : { ...node, contents },
  );
  expect({ storage: { ...made.storage, files: inlined }, systemd: made.systemd }).toEqual({ storage, systemd });
  if (!has('butane')) return console.log('not compared with what Butane itself makes: butane is not installed');
  const itself = JSON.parse(execFileSync('butane', ['--strict', join(root, 'ignition/site.bu')]).toString()) as Ignition;
  const readable = (config: Ignition) =>
    config.storage.files.map(({ contents, ...node }) => ({ ...node, text: decoded(contents?.source ?? '', contents?.compression) }));
  expect({ ...itself, storage: { ...itself.storage, files: readable(itself) } }).toEqual({
    ...ignition(),
    storage: { ...ignition().storage, files: readable(ignition()) },
  });
});

it('has an Ignition configuration that keeps the rules of its specification', () => {
  expect(ignitionProblems(ignition())).toEqual([]);
  // What comes over a network has a digest.
  const fetched = ignition().storage.files.filter(({ contents }) => !contents?.source?.startsWith('data:'));
  expect(fetched.map(({ contents }) => contents?.verification?.hash)).toEqual([expect.stringMatching(/^sha512-/)]);
});

it('has the files in it that install writes', () => {
  const program = '/usr/local/bin/kubelet-cli';
  const plan = installPlan({
    root: '/',
    nodeBinary: program,
    program,
    runtimeEndpoint: 'unix:///run/containerd/containerd.sock',
    runtimeUnit: 'containerd.service',
    cgroupDriver: 'systemd',
    kubeApi: '127.0.0.1:6443',
  });
  const { storage, systemd } = ignition();
  const texts = new Map([
    ...storage.files.map(({ path, contents }) => [path, decoded(contents?.source ?? '')] as const),
    ...systemd.units.map(({ name, contents = '' }) => [`/etc/systemd/system/${name}`, contents] as const),
  ]);
  for (const step of plan) if (step.type === 'file') expect(texts.get(step.path)).toBe(step.text);
});

it('has units that systemd finds nothing wrong with', () => {
  if (!has('systemd-analyze')) return console.log('not checked: systemd-analyze is not installed');
  const directory = mkdtempSync(join(tmpdir(), 'provisioning-'));
  try {
    cpSync(join(root, 'timer'), directory, { recursive: true });
    const units = ['service', 'timer'].map((type) => join(directory, `solo-kubelet-manifests.${type}`));
    const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8' });
    expect(`${stdout}${stderr}`).not.toContain('solo-kubelet-manifests');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it('has a script for golden images that a shell reads, and that tells how it is called', () => {
  execFileSync('sh', ['-n', join(root, 'golden-image.sh')]);
  const { status, stderr } = spawnSync(join(root, 'golden-image.sh'), [], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([2, expect.stringContaining('golden-image.sh --deb')]);
});

it('has a script for golden images that takes packages from where debootstrap has them, unless it is told of a mirror', () => {
  const [, command = ''] = /^debootstrap (.*)$/m.exec(file('golden-image.sh')) ?? [];
  const argumentsOf = (mirror: string): readonly string[] =>
    execFileSync('sh', ['-euc', `suite=trixie work=/w packages=p mirror=${mirror}; printf '%s\\n' ${command}`])
      .toString()
      .trim()
      .split('\n');
  expect(argumentsOf('').slice(2)).toEqual(['trixie', '/w/root']);
  expect(argumentsOf('http://mirror.example.org/debian').slice(2)).toEqual(['trixie', '/w/root', 'http://mirror.example.org/debian']);
});

it.each(['bundle:', 'https://example.org/fleet/site.yaml'])('has a script for golden images that writes a source of %s', (url) => {
  const text = file('golden-image.sh');
  const [keys = ''] = /^keys=.*$/m.exec(text) ?? [];
  const [, source = ''] = /^cat > "[^"]*\/site\.yaml" <<SOURCE\n(.*?)^SOURCE$/ms.exec(text) ?? [];
  const directory = mkdtempSync(join(tmpdir(), 'provisioning-'));
  try {
    const key = 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3';
    writeFileSync(join(directory, 'site.pub'), `untrusted comment: minisign public key\n${key}\n`);
    const script = `key=$1 url=$2\n${keys}\ncat <<SOURCE\n${source}SOURCE\n`;
    const written = execFileSync('sh', ['-euc', script, 'sh', join(directory, 'site.pub'), url]).toString();
    expect(sourceOf(written)).toMatchObject({ name: 'site', url, require: 'signature', keys: [key] });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it('names no server that there is: neither a registry nor a mirror', () => {
  const examples = join(root, '..');
  const names = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(examples, name)).isFile());
  const hosts = names.flatMap((name) => [...readFileSync(join(examples, name), 'latin1').matchAll(/\b(?:https?|oci|s3):\/\/([\w.-]+)/g)]);
  const real = hosts
    .map(([, host = '']) => host)
    .filter((host) => !/(^|\.)example(\.(org|com|net))?$|^127\.0\.0\.1$|\.cluster\.local$/.test(host));
  expect(real).toEqual([]);
});
