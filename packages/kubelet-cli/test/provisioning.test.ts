import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPlan } from '@solo-kubelet/standalone-node/install';
import { parseSourceFile } from '@solo-kubelet/verified-source';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

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
  readonly contents?: { readonly source?: string; readonly inline?: string; readonly verification?: { readonly hash: string } };
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
const decoded = (source: string): string => Buffer.from(source.replace('data:;base64,', ''), 'base64').toString();

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
  expect(rest).toEqual({ variant: 'fcos', version: '1.5.0' });
  const { ignition: head, ...made } = ignition();
  // Butane 1.5.0 of fcos writes 3.4.0.
  expect(head).toEqual({ version: '3.4.0' });
  const inlined = made.storage.files.map(({ contents, ...node }) =>
    contents?.source?.startsWith('data:') ? { ...node, contents: { inline: decoded(contents.source) } } : { ...node, contents },
  );
  expect({ storage: { ...made.storage, files: inlined }, systemd: made.systemd }).toEqual({ storage, systemd });
});

/** Rules of https://coreos.github.io/ignition/configuration-v3_4/ for the parts that are used. */
it('has an Ignition configuration that keeps the rules of its specification', () => {
  const { storage, systemd, ...rest } = ignition();
  expect(Object.keys(rest)).toEqual(['ignition']);
  expect(
    Object.keys(storage).every((name) => ['directories', 'files', 'links', 'disks', 'raid', 'filesystems', 'luks'].includes(name)),
  ).toBe(true);
  const nodes = [...storage.directories, ...storage.files];
  expect(new Set(nodes.map(({ path }) => path)).size).toBe(nodes.length);
  for (const { path, mode = 0, contents, ...others } of nodes) {
    expect(path).toMatch(/^\/(?!.*(\/\/|\/\.\.?(\/|$)))/);
    // In decimal, as JSON has no octal numbers.
    expect(mode).toBeGreaterThan(0);
    expect(mode).toBeLessThanOrEqual(0o7777);
    expect(Object.keys(others)).toEqual([]);
    if (contents === undefined) continue;
    expect(Object.keys(contents).every((name) => ['source', 'verification', 'compression', 'httpHeaders'].includes(name))).toBe(true);
    expect(contents.source).toMatch(/^(data|https|http|s3|gs|tftp):/);
    // What comes over a network has a digest.
    if (!contents.source?.startsWith('data:')) expect(contents.verification?.hash).toMatch(/^(sha512-[0-9a-f]{128}|sha256-[0-9a-f]{64})$/);
  }
  for (const { name, enabled, contents, ...others } of systemd.units) {
    expect(name).toMatch(/^[\w@.-]+\.(service|timer|socket|mount|path|target)$/);
    expect([typeof enabled, Object.keys(others)]).toEqual(['boolean', []]);
    if (contents !== undefined) expect(contents).toMatch(/^\[Install\]$/m);
  }
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

it('names no server that there is: neither a registry nor a mirror', () => {
  const examples = join(root, '..');
  const names = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(examples, name)).isFile());
  const hosts = names.flatMap((name) => [...readFileSync(join(examples, name), 'latin1').matchAll(/\b(?:https?|oci|s3):\/\/([\w.-]+)/g)]);
  const real = hosts
    .map(([, host = '']) => host)
    .filter((host) => !/(^|\.)example(\.(org|com|net))?$|^127\.0\.0\.1$|\.cluster\.local$/.test(host));
  expect(real).toEqual([]);
});
