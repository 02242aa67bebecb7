import type { ContainerStatus } from '@solo-kubelet/cri-client';
import { readRegularTail } from '@solo-kubelet/untrusted-files';

/** Upstream: pkg/kubelet/container/runtime.go. */
const MAX_FILE_BYTES = 4_096;
const MAX_LOG_LINES = 80;
const MAX_LOG_BYTES = 2_048;
/** Enough of a log's end to hold MAX_LOG_BYTES of text with its prefixes. */
const LOG_TAIL_BYTES = 64 * 1024;

/** Where a container says why it ends; of one that runs already known. */
export interface TerminationMessageSource {
  /** Undefined: it has none of its own. */
  readonly file: string | undefined;
  /** The log that an error is explained by when the file is empty; empty: none. */
  readonly logPath: string;
}

export const terminationMessageSource = (status: ContainerStatus): TerminationMessageSource => {
  const path = status.annotations['io.kubernetes.container.terminationMessagePath'] ?? '';
  if (path === '') return { file: undefined, logPath: '' };
  const fallsBack = status.annotations['io.kubernetes.container.terminationMessagePolicy'] === 'FallbackToLogsOnError';
  return { file: ownFile(status, path), logPath: fallsBack ? status.logPath : '' };
};

/** Why a container ended, in its own words: its termination file, else, where its policy says so, the end of its log. */
export const readTerminationMessage = async (
  status: ContainerStatus,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<string> => {
  const source = terminationMessageSource(status);
  const message = await readTerminationFile(source, { signal });
  const mayFallBack = status.exitCode !== 0 && message === '' && status.reason !== 'ContainerCannotRun';
  if (!mayFallBack || source.logPath === '') return message;
  return logTail(await readTail(source.logPath, LOG_TAIL_BYTES, signal));
};

/** What the file alone says; empty while nothing. */
export const readTerminationFile = async (
  { file }: TerminationMessageSource,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<string> => (file === undefined ? '' : readTail(file, MAX_FILE_BYTES, signal));

/**
 * The file that the kubelet itself made and mounted there: `…/pods/<uid>/containers/<name>/<restart count>`. A volume that the Pod mounts at the
 * same path is not read: a container may have put anything there.
 */
const ownFile = ({ mounts, labels, metadata }: ContainerStatus, path: string): string | undefined => {
  const uid = labels['io.kubernetes.pod.uid'] ?? '';
  const attempt = (metadata?.attempt ?? 0).toString(16).padStart(8, '0');
  const end = `/pods/${uid}/containers/${metadata?.name}/${attempt}`;
  const mounted = path.startsWith('/') ? path : `/${path}`;
  return mounts.find(({ containerPath, hostPath }) => containerPath === mounted && hostPath.endsWith(end))?.hostPath;
};

/** Empty for what is gone with the pod's directory, was never written, or is no regular file. */
const readTail = async (path: string, bytes: number, signal: AbortSignal | undefined): Promise<string> => {
  try {
    return (await readRegularTail(path, bytes, { signal })).toString('utf8');
  } catch {
    signal?.throwIfAborted();
    return '';
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
