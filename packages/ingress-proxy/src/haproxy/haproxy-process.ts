import { join } from 'node:path';
import { configurationFault } from '../proxy/configuration-fault.js';
import {
  birthOf,
  type Following,
  followMaster,
  type Master,
  type ProxyProcess,
  runProgram,
  startProgram,
  stopMaster,
} from '../proxy/proxy-process.js';
import { haproxyCommand } from './haproxy-socket.js';

/** Whether haproxy takes a configuration: undefined, or what it says against it. */
export const checkConfiguration = async (
  haproxy: string,
  path: string,
  { directory, signal }: { readonly directory: string; readonly signal: AbortSignal },
): Promise<string | undefined> => {
  // With -q it would not say what is wrong, either.
  const { status, output } = await runProgram(haproxy, ['-c', '-f', path], signal);
  return status === 0 ? undefined : configurationFault(output, directory) || `${haproxy} -c ended with ${status}`;
};

const GENTLE = 'SIGUSR1';
const logOf = (directory: string): string => join(directory, 'haproxy.log');

export const startHaproxy = (haproxy: string, directory: string, masterSocket: string): Promise<ProxyProcess> =>
  startProgram({
    program: haproxy,
    args: ['-W', '-S', `${masterSocket},mode,600`, '-f', join(directory, 'haproxy.cfg')],
    directory,
    log: logOf(directory),
    gentle: GENTLE,
  });

/** The master that an earlier process left, if one answers at its socket. It is followed until the signal aborts. */
export const adoptHaproxy = async (directory: string, masterSocket: string, following: Following): Promise<ProxyProcess | undefined> => {
  const master = await findMaster(masterSocket, following.signal);
  return master === undefined ? undefined : followMaster(master, { ...following, log: logOf(directory), gentle: GENTLE });
};

/** Ends a proxy that an earlier process left: it holds the ports, and nobody drives it. Tells whether there was one. */
export const endEarlier = async (
  masterSocket: string,
  { graceMs, scheduler, signal }: Following & { readonly graceMs: number },
): Promise<boolean> => {
  const master = await findMaster(masterSocket, signal);
  if (master !== undefined) await stopMaster(master, { graceMs, gentle: GENTLE, scheduler });
  return master !== undefined;
};

const findMaster = async (masterSocket: string, signal: AbortSignal): Promise<Master | undefined> => {
  const said = await untilAnswered(() => haproxyCommand(masterSocket, ['show proc'], signal), signal);
  const pid = Number(/^(\d+)\s+master/m.exec(said)?.[1] ?? 0);
  const bornAt = pid === 0 ? '' : await birthOf(pid);
  return bornAt === '' ? undefined : { pid, bornAt };
};

const MOST_TRIES = 3;

/** A socket that somebody listens at may be answered late on a busy machine; a master that is taken for gone would go on with the ports. */
const untilAnswered = async (ask: () => Promise<string>, signal: AbortSignal): Promise<string> => {
  for (let tries = 1; tries <= MOST_TRIES && !signal.aborted; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ECONNREFUSED') break;
    }
  }
  return '';
};
