import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitFor } from './wait-for.js';

/** A stand-in for systemd's login manager, on a real D-Bus daemon of its own. */
export interface LoginManager extends AsyncDisposable {
  /** Environment of a process that is to find it: `DBUS_SYSTEM_BUS_ADDRESS`. */
  readonly env: Readonly<Record<string, string>>;
  /** Of the drop-in files that a reload reads. */
  readonly confDirectory: string;
  /** What has happened so far: `held` and `released` of inhibitor locks, `reloaded`. */
  readonly happened: readonly string[];
  /** Resolves when a word has been said this often in all. */
  said(word: 'ready' | 'held' | 'released' | 'reloaded', times?: number): Promise<void>;
  /** Announces a shutdown, or that it was given up. */
  announce(what: 'shutdown' | 'cancel'): void;
  /** Bus and login manager end and come again. */
  restart(): Promise<void>;
}

/** `delaySeconds`: how long it lets inhibitors delay a shutdown, until a drop-in says otherwise. */
export const startLoginManager = async ({ delaySeconds }: { readonly delaySeconds: number }): Promise<LoginManager> => {
  const directory = await mkdtemp(join(tmpdir(), 'solo-dbus-'));
  const [socket, confDirectory] = [join(directory, 'bus'), join(directory, 'logind.conf.d')];
  await mkdir(confDirectory);
  await writeFile(join(directory, 'bus.conf'), busConfiguration(socket));
  const happened: string[] = [];
  const start = async (): Promise<Processes> => {
    const daemon = spawn('dbus-daemon', ['--nofork', '--print-address', `--config-file=${join(directory, 'bus.conf')}`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await begun(daemon, 'dbus-daemon');
    const logind = spawn('python3', [PROGRAM, socket, String(delaySeconds), confDirectory], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: logind.stdout }).on('line', (line) => happened.push(line));
    await begun(logind, 'python3');
    return { daemon, logind };
  };
  const stop = async ({ daemon, logind }: Processes): Promise<void> => {
    for (const child of [logind, daemon]) if (child.kill()) await once(child, 'exit');
  };
  let processes = await start();
  return {
    env: { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${socket}` },
    confDirectory,
    happened,
    said: async (word, times = 1) => {
      await waitFor(async () => happened.filter((one) => one === word).length >= times || undefined, { what: `${times} times ${word}` });
    },
    announce: (what) => void processes.logind.stdin?.write(`${what}\n`),
    restart: async () => {
      await stop(processes);
      await rm(socket, { force: true });
      processes = await start();
    },
    [Symbol.asyncDispose]: async () => {
      await stop(processes);
      await rm(directory, { recursive: true });
    },
  };
};

interface Processes {
  readonly daemon: ChildProcess;
  readonly logind: ChildProcess;
}

const PROGRAM = fileURLToPath(new URL('./fake-logind.py', import.meta.url));

/** A first line on its standard output, or an error. */
const begun = async (child: ChildProcess, program: string): Promise<void> => {
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`${program} ended with ${status}`)));
  });
  await Promise.race([once(child.stdout!, 'data'), ended]);
};

const busConfiguration = (socket: string): string => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=${socket}</listen>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow eavesdrop="true"/><allow send_destination="*" eavesdrop="true"/>
  </policy>
</busconfig>
`;
