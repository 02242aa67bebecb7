import { runRemoteCommand } from '@solo-kubelet/cri-client/streaming';
import { joinSignals } from '@solo-kubelet/timers';
import { CliError } from '../cli-error.js';
import { print } from '../cli-io.js';
import { findContainer, findPod } from '../client/find-pod.js';
import { beginningOf } from '../copy/beginning-of.js';
import { type ContainerExec, download, upload } from '../copy/copy-files.js';
import { DEFAULT_NAMESPACE, type VerbContext } from './verb-context.js';

export interface CopyOptions {
  /** `POD:PATH`, `NAMESPACE/POD:PATH`, or a local path; one of the two is in a pod. */
  readonly from: string;
  readonly to: string;
  readonly container?: string;
  readonly namespace?: string;
}

interface RemotePath {
  readonly namespace: string;
  readonly pod: string;
  readonly path: string;
}

/** `cp FROM TO`, through `tar` in the container, byte for byte. */
export const copy = async (options: CopyOptions, context: VerbContext): Promise<number> => {
  const namespace = options.namespace ?? DEFAULT_NAMESPACE;
  const [from, to] = [parseRemote(options.from, namespace), parseRemote(options.to, namespace)];
  if ((from === undefined) === (to === undefined))
    throw new CliError({ code: 'CLI_USAGE', message: 'one of the two paths must be in a pod: POD:PATH' });
  const skipped = (what: string): void => print(context.io.stderr, `skipped ${what}\n`);
  if (from) await download(from.path, options.to, { exec: await execIn(from, options.container, context), skipped });
  else if (to) await upload(options.from, to.path, { exec: await execIn(to, options.container, context), skipped });
  return 0;
};

/** A local path is never taken for a remote one: `./a:b` and `/a:b` are local, as with kubectl. */
export const parseRemote = (text: string, namespace: string): RemotePath | undefined => {
  const match = /^(?:([^/:.][^/:]*)\/)?([^/:.][^/:]*):(.+)$/.exec(text);
  if (!match) return undefined;
  const [, ns, pod = '', path = ''] = match;
  return { namespace: ns ?? namespace, pod, path };
};

/** As much of what a command complains of as is worth telling, bytes: it comes from the container. */
const MAX_SAID_BYTES = 4_096;

const execIn = async (
  { namespace, pod: name }: RemotePath,
  container: string | undefined,
  { client, signal }: VerbContext,
): Promise<ContainerExec> => {
  const pod = findPod(await client.listPods({ signal }), name, namespace);
  const target = { namespace, pod: pod.metadata?.name ?? '', container: findContainer(pod, container) };
  return async (command, { signal: ended = signal, ...streams }) => {
    const said = beginningOf(MAX_SAID_BYTES);
    const flags = { command, stdin: streams.stdin !== undefined, stdout: true, stderr: true, tty: false };
    const address = await client.exec(target, flags, { signal });
    using ending = joinSignals([signal, ended]);
    const result = await runRemoteCommand({ ...address, ...streams, stderr: said.stream, tty: false, signal: ending.signal });
    const text = said.text().trim();
    if (result.type === 'failed')
      throw new CliError({ code: 'CLI_REFUSED', message: text || result.message, hint: 'The container needs a tar program.' });
    return { code: result.code, said: text };
  };
};
