import { execFile } from 'node:child_process';
import type { CriClient } from '@solo-kubelet/cri-client';
import { parseRuntimeFacts } from '@solo-kubelet/kubelet/runtime';

export interface SandboxImageNameOptions {
  /** Of the runtime: `unix://…`. */
  readonly endpoint: string;
  readonly signal: AbortSignal;
  /** What `containerd config dump` prints; undefined where there is no such program, or it fails. Replaced in tests. */
  readonly dumpConfiguration?: (signal: AbortSignal) => Promise<string | undefined>;
}

const DUMP_TIMEOUT_MS = 60_000;
const MAX_DUMP_BYTES = 4 << 20;

/**
 * The image that the runtime makes sandboxes from; undefined where nobody tells it. containerd 1.x tells it in a verbose Status; 2.x has moved it into its
 * image plugin's configuration, which no call shows.
 * @throws CriError when the runtime does not answer
 */
export const sandboxImageName = async (cri: CriClient, options: SandboxImageNameOptions): Promise<string | undefined> => {
  const { endpoint, signal, dumpConfiguration = dumpContainerd } = options;
  const { sandboxImage } = parseRuntimeFacts((await cri.runtime.status({ verbose: true }, { signal })).info);
  if (sandboxImage !== undefined) return sandboxImage || undefined;
  if ((await cri.runtime.version({}, { signal })).runtimeName !== 'containerd') return undefined;
  const dumped = await dumpConfiguration(signal);
  return dumped === undefined ? undefined : pinnedSandboxImage(dumped, endpoint.replace(/^unix:\/\//, ''));
};

/**
 * The sandbox image of a configuration as containerd 2.x prints it (its version 3); undefined where it is of a containerd with another socket, whose
 * configuration is another file.
 */
export const pinnedSandboxImage = (configuration: string, socketPath: string): string | undefined => {
  let section = '';
  let address: string | undefined;
  let image: string | undefined;
  for (const line of configuration.split('\n')) {
    section = /^\s*\[([^\]]+)\]\s*$/.exec(line)?.[1]?.replaceAll(/['"]/g, '') ?? section;
    const [key, value] = textOf(line);
    if (section === 'grpc' && key === 'address') address = value;
    if (section === 'plugins.io.containerd.cri.v1.images.pinned_images' && key === 'sandbox') image = value;
  }
  return address === socketPath ? image || undefined : undefined;
};

/** A key whose value is a quoted text, and that text. */
const textOf = (line: string): readonly [key: string, value: string] | readonly [] => {
  const at = line.indexOf('=');
  const [key, quoted] = [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  const isQuoted = quoted.length > 1 && /^['"]/.test(quoted) && quoted.endsWith(quoted.charAt(0));
  return at > 0 && isQuoted ? [key, quoted.slice(1, -1)] : [];
};

const dumpContainerd = (signal: AbortSignal): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const limits = { timeout: DUMP_TIMEOUT_MS, maxBuffer: MAX_DUMP_BYTES, signal };
    execFile('containerd', ['config', 'dump'], limits, (error, stdout) => {
      if (signal.aborted) reject(signal.reason);
      else resolve(error === null ? stdout : undefined);
    });
  });
