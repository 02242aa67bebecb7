import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Attachment, NetworkConfigList } from '@solo-kubelet/cni-invoker';
import { type CniIo, type CniSettings, containerIdOf } from './cni-settings.js';

/** Longest run of `ip netns`, ms. */
const IP_TIMEOUT_MS = 10_000;

/** Attaches a namespace (a fresh one unless given), runs the program in it, and detaches. Resolves to the program's exit code. */
export const execInNetwork = async (settings: CniSettings, list: NetworkConfigList, io: CniIo): Promise<number> => {
  if (settings.netns !== undefined) return execAttached(settings, list, settings.netns, io);
  const name = `kubelet-cli-${randomBytes(4).toString('hex')}`;
  await ip(io, 'netns', 'add', name);
  try {
    return await execAttached(settings, list, `/var/run/netns/${name}`, io);
  } finally {
    await ip(io, 'netns', 'del', name);
  }
};

const execAttached = async (
  { cni, attachment, program }: CniSettings,
  list: NetworkConfigList,
  netns: string,
  io: CniIo,
): Promise<number> => {
  const own: Attachment = { ...attachment, netns, containerId: attachment.containerId ?? containerIdOf(netns) };
  await cni.add(list, own, { signal: io.signal, undoOnFailure: true });
  try {
    return await runInside(netns, program, io);
  } finally {
    await cni.del(list, own);
  }
};

const runInside = (netns: string, program: readonly string[], { stdout, stderr, env, signal }: CniIo): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn('nsenter', [`--net=${netns}`, '--', ...program], { env, signal, stdio: ['inherit', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.write(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.write(text));
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });

const ip = async ({ env }: CniIo, ...args: readonly string[]): Promise<void> => {
  await promisify(execFile)('ip', args, { env, timeout: IP_TIMEOUT_MS });
};
