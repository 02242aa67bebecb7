import { readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { socketPathFault } from '@solo-kubelet/diagnostics';
import { NGINX_LOG, NGINX_PID, readConfiguration } from '../core/nginx/nginx-files.js';
import { configurationFault } from '../proxy/configuration-fault.js';
import {
  birthOf,
  type Following,
  followMaster,
  kill,
  type Master,
  type ProxyProcess,
  runProgram,
  startProgram,
  stopMaster,
} from '../proxy/proxy-process.js';

const GENTLE = 'SIGQUIT';

/** Where it says its generation. @throws Error where its path is too long for a socket */
export const nginxSocket = (directory: string): string => {
  const path = join(directory, 'status.sock');
  const fault = socketPathFault(path, 'connect');
  if (fault !== undefined) throw new Error(`${path}: ${fault.message}`);
  return path;
};

const logOf = (directory: string): string => join(directory, NGINX_LOG);
/** What a start reads. */
export const nginxConfigurationPath = (directory: string): string => join(directory, 'nginx.conf');

/** Whether nginx takes a configuration: undefined, or what it says against it. */
export const checkNginx = async (
  nginx: string,
  path: string,
  { directory, signal }: { readonly directory: string; readonly signal: AbortSignal },
): Promise<string | undefined> => {
  const { status, output } = await runProgram(nginx, ['-t', '-q', '-e', 'stderr', '-p', `${directory}/`, '-c', path], signal);
  return status === 0 ? undefined : configurationFault(output, directory) || `${nginx} -t ended with ${status}`;
};

export const startNginx = async (nginx: string, directory: string): Promise<ProxyProcess> => {
  // One that was killed leaves its socket, which the next one would find taken.
  await rm(nginxSocket(directory), { force: true });
  return startProgram({
    program: nginx,
    args: ['-e', logOf(directory), '-p', `${directory}/`, '-c', nginxConfigurationPath(directory)],
    directory,
    log: logOf(directory),
    gentle: GENTLE,
  });
};

/** The master that an earlier process left. It is followed until the signal aborts. */
export const adoptNginx = async (directory: string, following: Following): Promise<ProxyProcess | undefined> => {
  const master = await findNginx(directory);
  return master === undefined ? undefined : followMaster(master, { ...following, log: logOf(directory), gentle: GENTLE });
};

/** Ends an nginx that an earlier process left. Tells whether there was one. */
export const endNginx = async (directory: string, { graceMs, scheduler }: Following & { readonly graceMs: number }): Promise<boolean> => {
  const master = await findNginx(directory);
  if (master !== undefined) await stopMaster(master, { graceMs, gentle: GENTLE, scheduler });
  return master !== undefined;
};

/** By the number that it wrote down, where what has that number now says that it is a master with this configuration. */
const findNginx = async (directory: string): Promise<Master | undefined> => {
  const pid = Number((await textOf(join(directory, NGINX_PID))).trim());
  if (!Number.isSafeInteger(pid) || pid < 2) return undefined;
  const title = (await textOf(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ');
  if (!title.startsWith('nginx: master') || !title.includes(`-c ${nginxConfigurationPath(directory)}`)) return undefined;
  const bornAt = await birthOf(pid);
  return bornAt === '' ? undefined : { pid, bornAt };
};

/** Generation and ports of the configuration that a start reads; undefined where there is none. */
export const currentConfiguration = async (directory: string): Promise<ReturnType<typeof readConfiguration>> =>
  readConfiguration(await textOf(nginxConfigurationPath(directory)));

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

const ANSWER_MS = 5_000;
const MOST_ANSWER = 1_000;

/** Which generation a worker says that it is; NaN where none answers. */
export const nginxGeneration = (directory: string, signal: AbortSignal): Promise<number> =>
  new Promise((resolve) => {
    const sent = request({ socketPath: nginxSocket(directory), path: '/', agent: false, timeout: ANSWER_MS, signal }, (incoming) => {
      let said = '';
      incoming.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(0, MOST_ANSWER);
      });
      incoming.on('error', () => resolve(Number.NaN));
      incoming.on('end', () => resolve(Number(/^solo-kubelet-(\d+)$/.exec(said)?.[1] ?? Number.NaN)));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(Number.NaN));
    sent.on('close', () => resolve(Number.NaN));
    sent.end();
  });

/** Workers of a master, and whether each still takes requests; none where the kernel does not say. */
export const nginxWorkers = async (pid: number): Promise<readonly { readonly pid: number; readonly isLeaving: boolean }[]> => {
  const children = (await textOf(`/proc/${pid}/task/${pid}/children`)).trim().split(' ').filter(Boolean).map(Number);
  const titles = await Promise.all(children.map((child) => textOf(`/proc/${child}/cmdline`)));
  return children.flatMap((child, i) => {
    const title = titles[i] ?? '';
    return title.startsWith('nginx: worker') ? [{ pid: child, isLeaving: title.includes('shutting down') }] : [];
  });
};

/** Workers of before that may go on with their connections. */
const MOST_LEAVING = 30;

/** Ends those that left first where there are more than 30, as haproxy does. */
export const endOldWorkers = async (pid: number): Promise<void> => {
  const leaving = (await nginxWorkers(pid)).filter(({ isLeaving }) => isLeaving);
  const born = await Promise.all(leaving.map(async (each) => ({ pid: each.pid, bornAt: Number(await birthOf(each.pid)) })));
  const oldestFirst = born.sort((a, b) => a.bornAt - b.bornAt);
  for (const each of oldestFirst.slice(0, Math.max(0, oldestFirst.length - MOST_LEAVING))) kill(each.pid, 'SIGTERM');
};

const MOST_WORDS = 2_000;

/** What it said last. */
export const lastWords = async (directory: string): Promise<string> =>
  (await textOf(logOf(directory))).slice(-MOST_WORDS).trim() || 'the old configuration stays in force';
