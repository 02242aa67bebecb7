import { createReadStream } from 'node:fs';
import { lstat, mkdir, readdir, realpath, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, posix, resolve, sep } from 'node:path';
import { PassThrough, type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import { CliError } from '../cli-error.js';
import { print } from '../cli-io.js';
import { findContainer, findPod } from '../client/find-pod.js';
import { runRemoteCommand } from '../streaming/remote-command.js';
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
  if (from) await download(from, options.to, options.container, context);
  else if (to) await upload(options.from, to, options.container, context);
  return 0;
};

/** A local path is never taken for a remote one: `./a:b` and `/a:b` are local, as with kubectl. */
export const parseRemote = (text: string, namespace: string): RemotePath | undefined => {
  const match = /^(?:([^/:.][^/:]*)\/)?([^/:.][^/:]*):(.+)$/.exec(text);
  if (!match) return undefined;
  const [, ns, pod = '', path = ''] = match;
  return { namespace: ns ?? namespace, pod, path };
};

const run = async (
  command: readonly string[],
  { namespace, pod: name }: RemotePath,
  container: string | undefined,
  { client, signal }: VerbContext,
  streams: { readonly stdin?: Readable; readonly stdout: Writable },
): Promise<void> => {
  const pod = findPod(await client.listPods({ signal }), name, namespace);
  const target = { namespace, pod: pod.metadata?.name ?? '', container: findContainer(pod, container) };
  const errors: Buffer[] = [];
  const stderr = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      errors.push(Buffer.from(chunk));
      done();
    },
  });
  const flags = { command, stdin: streams.stdin !== undefined, stdout: true, stderr: true, tty: false };
  const address = await client.exec(target, flags, { signal });
  const result = await runRemoteCommand({ ...address, ...streams, stderr, tty: false, signal });
  const said = Buffer.concat(errors).toString('utf8').trim();
  if (result.type === 'failed')
    throw new CliError({ code: 'CLI_REFUSED', message: said || result.message, hint: 'The container needs a tar program.' });
  if (result.code !== 0) throw new CliError({ code: 'CLI_REFUSED', message: said || `tar in the container ended with ${result.code}` });
};

const download = async (from: RemotePath, to: string, container: string | undefined, context: VerbContext): Promise<void> => {
  const clean = posix.normalize(from.path).replace(/\/+$/, '') || '/';
  const archive = new PassThrough();
  const isDirectory = (await stat(to).catch(() => undefined))?.isDirectory() ?? false;
  const root = resolve(isDirectory ? join(to, posix.basename(clean)) : to);
  const skipped = (text: string): void => print(context.io.stderr, `skipped ${text}\n`);
  const unpacking = unpack(archive, posix.basename(clean), root, skipped);
  const running = run(['tar', 'cf', '-', '-C', posix.dirname(clean), '--', posix.basename(clean) || '.'], from, container, context, {
    stdout: archive,
  }).finally(() => archive.end());
  await Promise.all([running, unpacking]);
};

/** Writes an archive's entries below `root`. What would land outside is refused: the archive comes from a container. */
const unpack = async (archive: Readable, prefix: string, root: string, skipped: (what: string) => void): Promise<void> => {
  const extract = tar.extract();
  const done = pipeline(archive, extract);
  await mkdir(dirname(root), { recursive: true });
  const base = join(await realpath(dirname(root)), basename(root));
  for await (const entry of extract) {
    const { name, type, mode, linkname } = entry.header;
    const inside = posix.normalize(name).replace(/\/+$/, '');
    const relative = inside === prefix ? '' : inside.startsWith(`${prefix}/`) ? inside.slice(prefix.length + 1) : undefined;
    if (relative === undefined || relative.split('/').includes('..'))
      throw new CliError({ code: 'CLI_REFUSED', message: `the archive holds a path outside: ${name}` });
    const path = relative === '' ? base : join(base, relative);
    const parent = relative === '' ? dirname(base) : await realpath(dirname(path)).catch(() => dirname(path));
    if (relative !== '' && parent !== base && !parent.startsWith(base + sep))
      throw new CliError({ code: 'CLI_REFUSED', message: `a link leads outside: ${name}` });
    if (type === 'directory') await mkdir(path, { recursive: true });
    else if (type === 'file' || type === 'contiguous-file') {
      if ((await lstat(path).catch(() => undefined))?.isSymbolicLink())
        throw new CliError({ code: 'CLI_REFUSED', message: `${path} is a link; remove it first` });
      await writeFile(path, entry as unknown as AsyncIterable<Uint8Array>, { mode: (mode ?? 0o644) & 0o777 });
      continue;
    } else skipped(`${name}: ${type}${linkname ? ` to ${linkname}` : ''}`);
    entry.resume();
  }
  await done;
};

const upload = async (from: string, to: RemotePath, container: string | undefined, context: VerbContext): Promise<void> => {
  const found = await stat(from).catch((cause: unknown) => {
    throw new CliError({ code: 'CLI_NOT_FOUND', message: `there is no ${from}`, cause });
  });
  // A trailing slash means "into this directory"; otherwise the last part is the new name.
  const name = to.path.endsWith('/') ? basename(from) : posix.basename(to.path);
  const directory = to.path.endsWith('/') ? to.path : posix.dirname(to.path);
  const pack = tar.pack();
  const packing = (found.isDirectory() ? packDirectory(pack, from, name) : packFile(pack, from, name)).then(
    () => pack.finalize(),
    (error: Error) => pack.destroy(error),
  );
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await run(['tar', 'xmf', '-', '-C', directory], to, container, context, { stdin: pack as unknown as Readable, stdout: nowhere });
  await packing;
};

const packFile = async (pack: tar.Pack, path: string, name: string): Promise<void> => {
  const { size, mode, mtime } = await stat(path);
  const entry = pack.entry({ name, size, mode: mode & 0o777, mtime });
  await pipeline(createReadStream(path), entry);
};

const packDirectory = async (pack: tar.Pack, path: string, name: string): Promise<void> => {
  pack.entry({ name: `${name}/`, type: 'directory', mode: (await stat(path)).mode & 0o777 });
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await packDirectory(pack, join(path, entry.name), `${name}/${entry.name}`);
    else if (entry.isFile()) await packFile(pack, join(path, entry.name), `${name}/${entry.name}`);
  }
};
