import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Runs a program and resolves to what it printed. */
export const run = async (program: string, ...args: readonly string[]): Promise<string> =>
  (await exec(program, args, { timeout: 30_000, maxBuffer: 4 * 1024 * 1024 })).stdout;

/** A network namespace of its own. */
export interface Netns extends AsyncDisposable {
  readonly name: string;
  readonly path: string;
  run(program: string, ...args: readonly string[]): Promise<string>;
}

export const createNetns = async (purpose: string): Promise<Netns> => {
  const name = `cni-${purpose}-${randomBytes(3).toString('hex')}`;
  await run('ip', 'netns', 'add', name);
  const path = `/run/netns/${name}`;
  let gone: Promise<unknown> | undefined;
  return {
    name,
    path,
    run: (program, ...args) => run('nsenter', `--net=${path}`, program, ...args),
    [Symbol.asyncDispose]: async () => {
      gone ??= run('ip', 'netns', 'del', name);
      await gone;
    },
  };
};

/**
 * No duplicate address detection for links that are made after this: while a link-local address is tentative (a second or two),
 * Linux asks for no neighbour, so the first packets over a new link wait.
 */
export const skipAddressDetection = ({ run }: Pick<Netns, 'run'>): Promise<string> =>
  run('sh', '-c', 'for all in all default; do echo 0 >/proc/sys/net/ipv6/conf/$all/accept_dad; done');

/**
 * A stand-in for the host: real plugins run in a namespace of its own, so that bridges, rules and packets of a test never meet the
 * machine's, and go with the namespace. Directories are private too.
 */
export interface Lab extends AsyncDisposable {
  readonly host: Netns;
  /** Plugins that enter the host namespace first. */
  readonly pluginDir: string;
  readonly cacheDir: string;
  readonly dataDir: string;
  readonly root: string;
  pod(): Promise<Netns>;
}

export const createLab = async (realPluginDir: string): Promise<Lab> => {
  const root = await mkdtemp(join(tmpdir(), 'cni-lab-'));
  const host = await createNetns('host');
  await host.run('ip', 'link', 'set', 'lo', 'up');
  const pluginDir = join(root, 'bin');
  await mkdir(pluginDir);
  for (const type of await readdir(realPluginDir)) {
    const path = join(pluginDir, type);
    await writeFile(path, `#!/bin/sh\nexec nsenter --net=${host.path} ${join(realPluginDir, type)} "$@"\n`);
    await chmod(path, 0o755);
  }
  const pods: Netns[] = [];
  return {
    root,
    host,
    pluginDir,
    cacheDir: join(root, 'cache'),
    dataDir: join(root, 'data'),
    pod: async () => {
      const pod = await createNetns('pod');
      pods.push(pod);
      return pod;
    },
    [Symbol.asyncDispose]: async () => {
      for (const pod of pods) await pod[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
};

/** Why real plugins can't be run here; undefined when they can. */
export const labFault = async (): Promise<string | undefined> => {
  if (process.getuid?.() !== 0) return 'needs root';
  try {
    await using netns = await createNetns('probe');
    await netns.run('ip', 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1');
    return undefined;
  } catch (error) {
    return `no network namespaces here: ${error instanceof Error ? error.message : String(error)}`;
  }
};
