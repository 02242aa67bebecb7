import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type RunCommand, runCommand } from '../mounts/run-command.js';

/** A D-Bus of a test's own that nobody serves: what programs call on it is told as it came over the bus. */
export interface PrivateBus extends AsyncDisposable {
  /** Runs programs that take this bus for the system's. */
  readonly runCommand: RunCommand;
  /** Method calls to services other than the bus itself, in order, once there are `count`. */
  calls(count: number): Promise<readonly BusCall[]>;
}

export interface BusCall {
  readonly member: string;
  readonly type: string;
  readonly data: readonly unknown[];
}

/** Why there can be no private bus here; undefined when there can. */
export const lacksBus: string | undefined = ['dbus-daemon', 'busctl'].find((program) => spawnSync(program, ['--version']).status !== 0);

export const startPrivateBus = async (): Promise<PrivateBus> => {
  const directory = await mkdtemp(join(tmpdir(), 'solo-bus-'));
  const [socket, configuration] = [join(directory, 'bus'), join(directory, 'bus.conf')];
  await writeFile(configuration, busConfiguration(socket));
  const env = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${socket}` };
  const daemon = spawn('dbus-daemon', ['--nofork', '--print-address', `--config-file=${configuration}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(daemon.stdout, 'data');
  const monitor = spawn('busctl', ['--system', '--json=short', 'monitor'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const calls: BusCall[] = [];
  const waiting: (() => void)[] = [];
  createInterface({ input: monitor.stdout }).on('line', (line) => {
    const { type, member, destination, payload } = JSON.parse(line) as Message;
    if (type !== 'method_call' || destination === 'org.freedesktop.DBus') return;
    calls.push({ member, ...payload });
    for (const look of waiting.splice(0)) look();
  });
  await once(monitor.stderr, 'data'); // it listens
  return {
    runCommand: (program, args, options) => runCommand('env', [`DBUS_SYSTEM_BUS_ADDRESS=unix:path=${socket}`, program, ...args], options),
    calls: async (count) => {
      while (calls.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
      return calls;
    },
    [Symbol.asyncDispose]: async () => {
      for (const child of [monitor, daemon]) await ended(child);
      await rm(directory, { recursive: true });
    },
  };
};

interface Message {
  readonly type: string;
  readonly member: string;
  readonly destination?: string;
  readonly payload: { readonly type: string; readonly data: readonly unknown[] };
}

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null && child.kill()) await once(child, 'exit');
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
