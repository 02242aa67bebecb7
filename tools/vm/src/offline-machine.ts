import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bootedMachine } from './booted-machine.js';
import type { Machine, MachineResult } from './machine.js';
import { patient } from './patience.js';

/** A disk that somebody else made, and how it is booted. */
export interface OfflineMachineOptions {
  /** Where its logs and its socket are. Short: a socket lies in it. */
  readonly directory: string;
  /** Arguments of qemu: drives, a network or none, a kernel where the disk has no loader. */
  readonly hardware: readonly string[];
  readonly memoryMiB?: number;
}

const RUN_LIMIT_MS = patient(5 * 60_000);

/**
 * Runs one command after the other that comes through a port of the virtual machine. It comes in as a credential of systemd (256 and newer) by the machine's
 * firmware: the disk has nothing of it, and no network is needed. It waits for the port by itself: systemd gives devices 90 s, and a busy host can't.
 */
const LOOK_UNIT = `[Unit]
Description=Runs the commands of the test
DefaultDependencies=no
StartLimitIntervalSec=0

[Service]
Restart=always
RestartSec=2
Environment=HOME=/root
ExecStart=/bin/bash -c 'until [ -e /dev/virtio-ports/look ]; do sleep 2; done; exec 3<>/dev/virtio-ports/look; while read -r id limit command <&3; do timeout -k 5 "$$limit" bash -c "$$(base64 -d <<< "$$command")" > /run/look.out 2> /run/look.err < /dev/null 3<&-; echo "$$id $$? $$(base64 -w0 /run/look.out) . $$(base64 -w0 /run/look.err)" >&3; done; sleep 2'
`;

const credential = (name: string, text: string): readonly string[] => [
  '-smbios',
  `type=11,value=io.systemd.credential.binary:systemd.${name}=${Buffer.from(text).toString('base64')}`,
];

/** Boots a machine without ssh, whose processor is emulated, and waits until it answers. Its serial port is `serial.log`. */
export const startOfflineMachine = async ({ directory, hardware, memoryMiB = 2048 }: OfflineMachineOptions): Promise<Machine> => {
  const at = (name: string): string => join(directory, name);
  for (const name of ['qemu.pid', 'look', 'serial.log']) await rm(at(name), { force: true });
  const started = spawnSync(
    'qemu-system-x86_64',
    [
      ...['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', `${memoryMiB}`],
      ...['-device', 'virtio-rng-pci', '-display', 'none', '-serial', `file:${at('serial.log')}`, '-pidfile', at('qemu.pid'), '-daemonize'],
      ...['-device', 'virtio-serial-pci', '-chardev', `socket,path=${at('look')},server=on,wait=off,id=look`],
      ...['-device', 'virtserialport,chardev=look,name=look'],
      ...credential('extra-unit.look.service', LOOK_UNIT),
      ...credential('unit-dropin.multi-user.target', '[Unit]\nWants=look.service\n'),
      ...hardware,
    ],
    { encoding: 'utf8' },
  );
  if (started.status !== 0) throw new Error(`qemu did not start: ${started.stderr}`);
  const pid = Number(await readFile(at('qemu.pid'), 'utf8'));
  const port = await openPort(at('look'));

  const run: Machine['run'] = (command, { timeoutMs = RUN_LIMIT_MS } = {}) => port.ask(command, timeoutMs);
  return bootedMachine({ pid, run, serialLog: at('serial.log'), close: () => port.close() });
};

/** The host's side of the port. A command whose answer does not come in time has status -1: the machine boots, or is busy. */
const openPort = async (path: string) => {
  const socket: Socket = connect(path);
  await once(socket, 'connect');
  socket.on('error', () => {}); // the machine is gone
  const waiting = new Map<string, (result: MachineResult) => void>();
  createInterface({ input: socket }).on('line', (line) => {
    const [id = '', status = '', stdout = '', , stderr = ''] = line.split(' ');
    const decoded = (text: string): string => Buffer.from(text, 'base64').toString();
    waiting.get(id)?.({ status: Number(status), stdout: decoded(stdout), stderr: decoded(stderr) });
  });
  let last = 0;
  return {
    ask: (command: string, timeoutMs: number): Promise<MachineResult> =>
      new Promise((resolve) => {
        const id = `${++last}`;
        const answer = (result: MachineResult): void => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(result);
        };
        const timer = setTimeout(() => answer({ status: -1, stdout: '', stderr: `no answer within ${timeoutMs} ms` }), timeoutMs);
        waiting.set(id, answer);
        socket.write(`${id} ${Math.ceil(timeoutMs / 1_000)} ${Buffer.from(command).toString('base64')}\n`);
      }),
    close: (): void => void socket.destroy(),
  };
};
