import { connect } from 'node:net';
import { join } from 'node:path';
import { socketPathFault } from '@solo-kubelet/diagnostics';
import { joinSignals, onAbort, timeoutSignal } from '@solo-kubelet/timers';

/** Where haproxy is talked to. */
export const haproxySockets = (directory: string) => ({
  runtimeSocket: join(directory, 'runtime.sock'),
  masterSocket: join(directory, 'master.sock'),
});

const COMMAND_MS = 5_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** haproxy reads as much of a line as fits into its buffer, of 16 KiB. */
const COMMANDS_A_LINE = 100;

/** Sends commands to one of haproxy's sockets; resolves to what it says. Rejects where nobody listens, or where a line of them takes 5 s. */
export const haproxyCommand = async (path: string, commands: readonly string[], signal?: AbortSignal): Promise<string> => {
  let said = '';
  for (let first = 0; first < commands.length; first += COMMANDS_A_LINE)
    said += await sendLine(path, commands.slice(first, first + COMMANDS_A_LINE), signal);
  return said;
};

const sendLine = async (path: string, commands: readonly string[], signal?: AbortSignal): Promise<string> => {
  const fault = socketPathFault(path, 'connect');
  if (fault !== undefined) throw new Error(`${path}: ${fault.message}`);
  using limit = joinSignals([signal, timeoutSignal(COMMAND_MS)]);
  return await new Promise<string>((resolve, reject) => {
    const socket = connect({ path });
    const release = onAbort(limit.signal, () => socket.destroy(new Error(`${path} does not answer`)));
    let said = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.end(`${commands.join(';')}\n`));
    socket.on('data', (text: string) => {
      said += text;
      if (said.length > MAX_ANSWER_BYTES) socket.destroy(new Error(`${path} says too much`));
    });
    socket.on('error', reject);
    socket.on('close', () => {
      release();
      resolve(said);
    });
  });
};
