// What `npm start` and `npm test` need before they can do anything: Debian packages, pnpm, dependencies, builds, images.
// Plain Node without dependencies, because nothing is installed yet. Every step finds out by itself whether it is done already.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const cache = join(root, '.cache');
/** As package.json pins it; npm checks what it fetches by the registry's hash, Corepack by the one that stands behind the version. */
const PNPM = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split('+')[0];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`this is Node.js ${process.versions.node}; Solo Kubelet needs 20.19 or newer (Debian 12 itself has only 18)\n`);
  process.exit(1);
}

/** Runs a program in the repository; resolves to its exit status. Output goes to standard error, to keep standard output for results. */
export const run = (command, args, { env = {}, quiet = false } = {}) =>
  new Promise((resolve, reject) => {
    const output = [];
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => (quiet ? output.push(data) : process.stderr.write(data)));
    }
    child.on('error', reject);
    child.on('close', (status) => {
      if (quiet && status !== 0) process.stderr.write(Buffer.concat(output));
      resolve(status ?? 1);
    });
  });

/** One named step; ends the program with its status when it fails. */
export const step = async (name, command, args, options = {}) => {
  const startedAt = performance.now();
  const status = await run(command, args, { quiet: true, ...options });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stderr.write(`${status === 0 ? '✓' : '✗'} ${name} ${seconds} s\n`);
  if (status !== 0) process.exit(status);
};

const places = [
  ...(process.env.PATH ?? '').split(delimiter),
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
  '/usr/local/bin',
  '/usr/bin',
  '/bin',
];
const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
const isInstalled = (program) => places.some((place) => isExecutable(join(place, program)));

/** Debian package by the program (or file) that shows it is there. */
const PACKAGES = [
  ['containerd', () => isInstalled('containerd')],
  ['runc', () => isInstalled('runc')],
  ['containernetworking-plugins', () => ['/usr/lib/cni/bridge', '/opt/cni/bin/bridge'].some(isExecutable)],
  ['iptables', () => isInstalled('iptables')],
  ['iproute2', () => isInstalled('ip')],
  ['dbus', () => isInstalled('dbus-daemon')],
  ['systemd', () => isInstalled('busctl') && isInstalled('systemd-inhibit')],
  ['python3-minimal', () => isInstalled('python3')],
  ['busybox-static', () => ['/bin/busybox', '/usr/bin/busybox'].some(isStatic)],
];

/** What only the tests use: they read the list of processes, the history of this repository, follow the READMEs and type at a terminal. */
export const TEST_PACKAGES = [
  ['procps', () => isInstalled('pgrep')],
  ['git', () => isInstalled('git')],
  ['curl', () => isInstalled('curl')],
  ['nftables', () => isInstalled('nft')],
  ['conntrack', () => isInstalled('conntrack')],
  ['tmux', () => isInstalled('tmux')],
  ['kubernetes-client', () => isInstalled('kubectl')],
  ['bind9-dnsutils', () => isInstalled('dig')],
  ['minisign', () => isInstalled('minisign')],
  ['openssh-client', () => isInstalled('ssh-keygen')],
  ['nginx', () => isInstalled('nginx')],
  ['haproxy', () => isInstalled('haproxy')],
  ['openssl', () => isInstalled('openssl')],
];

/** A busybox that needs no C library: its ELF file names no interpreter. */
function isStatic(path) {
  return existsSync(path) && !readFileSync(path).subarray(0, 4096).includes('ld-linux');
}

export const installSystemPackages = async (also = []) => {
  const wanted = [...PACKAGES, ...also].filter(([, isThere]) => !isThere()).map(([name]) => name);
  if (wanted.length === 0) return;
  if (!isInstalled('apt-get') || process.getuid?.() !== 0) {
    process.stderr.write(`missing: ${wanted.join(', ')}; install them as root (on Debian: apt-get install ${wanted.join(' ')})\n`);
    process.exit(1);
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await step('Debian package lists', 'apt-get', ['update'], { env });
  await step(`Debian packages: ${wanted.join(' ')}`, 'apt-get', ['install', '-y', '--no-install-recommends', ...wanted], { env });
};

export const pnpm = (...args) => ['npx', ['--yes', PNPM, ...args]];

export const installDependencies = () => step('Dependencies', ...pnpm('install', '--frozen-lockfile', '--prefer-offline'));

/** Builds the packages unless nothing they are made of has changed since the last build. */
export const build = async () => {
  const stamp = join(cache, 'built');
  const inputs = fingerprint(['packages', 'tools/packaging', 'tools/workspace', 'pnpm-lock.yaml', 'tsconfig.base.json']);
  const isBuilt = existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs && existsSync(join(root, 'packages/kubelet-cli/dist/bin.js'));
  if (isBuilt) return;
  await step('Packages built', ...pnpm('run', 'build'));
  mkdirSync(cache, { recursive: true });
  writeFileSync(stamp, inputs);
};

/** Builds the demo images into `.cache/images` and gives the directory of the archives. */
export const buildImages = async () => {
  const bundle = join(cache, 'images.cjs');
  const esbuild = [
    'tools/images/src/bin.ts',
    '--bundle',
    '--platform=node',
    '--format=cjs',
    '--conditions=@solo-kubelet/source',
    `--outfile=${bundle}`,
  ];
  await step('Image builder', join(root, 'tools/setup/node_modules/.bin/esbuild'), [...esbuild, '--log-level=warning']);
  const directory = join(cache, 'images');
  await step('Images', process.execPath, [bundle, directory]);
  const archives = readdirSync(directory).filter((name) => name.startsWith('archives-'));
  return join(directory, archives.sort().at(-1));
};

/** Changes when a source file does: names, sizes and times of everything but builds and dependencies. */
const fingerprint = (paths) => {
  const hash = createHash('sha256');
  const add = (path) => {
    const facts = statSync(path);
    if (!facts.isDirectory()) {
      hash.update(`${path} ${facts.size} ${facts.mtimeMs}\n`);
      return;
    }
    for (const name of readdirSync(path).sort()) if (name !== 'node_modules' && name !== 'dist') add(join(path, name));
  };
  for (const path of paths) add(join(root, path));
  return hash.digest('hex');
};
