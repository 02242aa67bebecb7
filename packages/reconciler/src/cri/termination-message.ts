import { open } from 'node:fs/promises';
import type { ContainerStatus } from '@solo-kubelet/cri-client';

/** Upstream: pkg/kubelet/container/runtime.go. */
const MAX_FILE_BYTES = 4_096;
const MAX_LOG_LINES = 80;
const MAX_LOG_BYTES = 2_048;
/** Enough of a log's end to hold MAX_LOG_BYTES of text with its prefixes. */
const LOG_TAIL_BYTES = 64 * 1024;

/** Why a container ended, in its own words: its termination file, else, where its policy says so, the end of its log. */
export const readTerminationMessage = async (status: ContainerStatus): Promise<string> => {
  const path = status.annotations['io.kubernetes.container.terminationMessagePath'] ?? '';
  const policy = status.annotations['io.kubernetes.container.terminationMessagePolicy'];
  if (path === '') return '';
  const file = status.mounts.find(({ containerPath }) => containerPath === path)?.hostPath;
  const message = file === undefined ? '' : ((await readTail(file, MAX_FILE_BYTES)) ?? '');
  const mayFallBack =
    policy === 'FallbackToLogsOnError' && status.exitCode !== 0 && message === '' && status.reason !== 'ContainerCannotRun';
  if (!mayFallBack || status.logPath === '') return message;
  return logTail((await readTail(status.logPath, LOG_TAIL_BYTES)) ?? '');
};

const readTail = async (path: string, bytes: number): Promise<string | undefined> => {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const length = Math.min(size, bytes);
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await file.read(buffer, 0, length, size - length);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return undefined; // gone with the pod's directory, or never written
  }
};

/** Text of the last lines of a CRI log: `<time> <stream> <P|F> <text>`; a partial line is joined with the next. */
const logTail = (log: string): string => {
  const lines = log.split('\n').filter((line) => line !== '');
  const text = lines.slice(-MAX_LOG_LINES).map((line) => {
    const [, , tags = 'F'] = line.split(' ', 3);
    const content = line.split(' ').slice(3).join(' ');
    return tags.startsWith('P') ? content : `${content}\n`;
  });
  return Buffer.from(text.join('')).subarray(-MAX_LOG_BYTES).toString('utf8');
};
