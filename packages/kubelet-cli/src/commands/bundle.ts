import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createCriClient } from '@solo-kubelet/cri-client';
import { MAX_MANIFEST_BYTES } from '@solo-kubelet/manifest-source';
import { BUNDLE_URL, readSourceDirectory, readVerificationKeys, type SourceDefinition } from '@solo-kubelet/verified-source';
import { applyBundle, bundleAt, herePlatform, verifyBundle } from '../bundle/apply-bundle.js';
import type { BundleAction } from '../bundle/bundle-actions.js';
import { CONTENT_NAME } from '../bundle/bundle-layout.js';
import { createBundle } from '../bundle/create-bundle.js';
import type { ImageOrigin } from '../bundle/export-images.js';
import { importBundle } from '../bundle/import-bundle.js';
import { openBundle } from '../bundle/open-bundle.js';
import { putSignature, signBundle, signLayout } from '../bundle/sign-bundle.js';
import { CliError } from '../cli-error.js';
import { type CliIo, print, writeRaw } from '../cli-io.js';
import { runningSources, runtimeEndpoint } from '../client/connect.js';
import { socketPathOf } from '../client/run-own-ctr.js';
import { type CommandInput, flagOption, textOption, textsOption } from '../command.js';
import { EXIT } from '../exit-status.js';
import { prepareSource, requireNoOther, SOURCE_DIRECTORY, writeSource } from '../sources/source-file.js';
import { durationOption, usage } from './node-command.js';

const DEFAULT_ROOT_DIRECTORY = '/var/lib/kubelet';
const DEFAULT_NAME = 'site';
const DEFAULT_PURPOSE = 'solo-kubelet';
const DEFAULT_TIMEOUT_MS = 60_000;
const CRI_TIMEOUT_MS = 10_000;

export const bundle = async (action: BundleAction, operands: readonly string[], input: CommandInput, io: CliIo): Promise<number> => {
  const [first = ''] = operands;
  switch (action) {
    case 'create':
      return create(operands, input, io);
    case 'sign':
      return sign(first, input, io);
    case 'content': {
      await using opened = await openBundle(first, { signal: io.interrupted });
      await writeRaw(io.stdout, opened.content);
      return EXIT.done;
    }
    case 'verify':
      return verify(first, input, io);
    case 'apply':
      return apply(first, input, io);
  }
};

const create = async (manifests: readonly string[], input: CommandInput, io: CliIo): Promise<number> => {
  const [file, layout] = [textOption(input, 'output'), textOption(input, 'layout')];
  const output = file ?? layout;
  if (output === undefined || (file !== undefined && layout !== undefined))
    throw usage('give the bundle a name with -o FILE, or a directory for a web server with --layout DIR');
  const platform = textOption(input, 'platform');
  if (platform !== undefined && !/^[a-z0-9]+\/[a-z0-9]+$/.test(platform))
    throw usage(`--platform ${platform}: want OS/ARCH, such as linux/arm64`);
  const key = textOption(input, 'key');
  // Before all of it is made for nothing.
  if (key !== undefined)
    await access(key).catch((cause: unknown) => {
      throw new CliError({ code: 'CLI_NOT_FOUND', message: `cannot read ${key}`, cause });
    });
  const made = await createBundle({
    manifests,
    output,
    asLayout: layout !== undefined,
    archives: textsOption(input, 'image'),
    origin: () => originOf(input, io),
    platform,
    here: herePlatform(),
    revision: revisionOf(input),
    signal: io.interrupted,
  });
  for (const name of made.images) print(io.stdout, `${name}\n`);
  for (const name of made.encrypted) print(io.stderr, `${name} is encrypted: only images that --image gave come along for it.\n`);
  if (key !== undefined)
    await (layout === undefined ? signBundle : signLayout)(output, { key, purpose: purposeOf(input), signal: io.interrupted });
  else if (layout === undefined) print(io.stderr, `Not signed yet: kubelet-cli bundle sign ${output} --key SECRET-KEY\n`);
  else print(io.stderr, `Not signed yet: minisign -S -s SECRET-KEY -m ${join(layout, CONTENT_NAME)}\n`);
  if (!made.saysRevision)
    print(io.stderr, 'It says no revision: the time of signing counts with minisign; with ssh-keygen, give one with --revision.\n');
  return EXIT.done;
};

const revisionOf = (input: CommandInput): number | undefined => {
  const text = textOption(input, 'revision');
  if (text === undefined) return undefined;
  const revision = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(revision)) throw usage(`--revision takes a whole number, not ${JSON.stringify(text)}`);
  return revision;
};

const originOf = async (input: CommandInput, io: CliIo): Promise<ImageOrigin | undefined> => {
  if (flagOption(input, 'pull')) return { type: 'registry' };
  const endpoint = await runtimeEndpoint(input, io);
  await using cri = createCriClient({ endpoint, timeoutMs: CRI_TIMEOUT_MS });
  const version = await cri.runtime.version({}, { signal: io.interrupted }).catch(() => undefined);
  io.interrupted.throwIfAborted();
  if (version === undefined) return undefined;
  return version.runtimeName === 'cri-o' ? { type: 'cri-o' } : { type: 'containerd', socketPath: socketPathOf(endpoint) };
};

const purposeOf = (input: CommandInput): string => textOption(input, 'ssh-namespace') ?? DEFAULT_PURPOSE;

const sign = async (path: string, input: CommandInput, io: CliIo): Promise<number> => {
  const [key, signature] = [textOption(input, 'key'), textOption(input, 'signature')];
  if ((key === undefined) === (signature === undefined)) throw usage('sign by what? --key SECRET-KEY or --signature FILE');
  if (key !== undefined) await signBundle(path, { key, purpose: purposeOf(input), signal: io.interrupted });
  else if (signature !== undefined) {
    await using opened = await openBundle(path, { signal: io.interrupted });
    await putSignature(path, opened.content.length, signature);
  }
  return EXIT.done;
};

const verify = async (path: string, input: CommandInput, io: CliIo): Promise<number> => {
  const key = textOption(input, 'key');
  if (key === undefined) throw usage('verify by which key? --key PUBLIC-KEY');
  await readVerificationKeys({ keys: [], keyFiles: [key] });
  const source = { ...sourceOfKey(key), sshNamespace: purposeOf(input) };
  const { verifiedBy, revision, imageList } = await verifyBundle(path, source, { wallNow: Date.now, signal: io.interrupted });
  print(io.stdout, `signed by ${verifiedBy}${revision === undefined ? '' : `, revision ${revision}`}\n`);
  for (const { name, digest } of imageList.images) print(io.stdout, `${name} ${digest}\n`);
  return EXIT.done;
};

const sourceOfKey = (keyFile: string): SourceDefinition => ({
  name: DEFAULT_NAME,
  url: BUNDLE_URL,
  intervalMs: 300_000,
  jitter: 0.1,
  timeoutMs: 60_000,
  maxBytes: MAX_MANIFEST_BYTES,
  maxImageBytes: 2 ** 34,
  require: 'signature',
  keys: [],
  keyFiles: [keyFile],
  sshNamespace: DEFAULT_PURPOSE,
  clusterScoped: true,
  priority: 0,
  labels: {},
  revisions: 'required',
  renewWithinMs: 0,
});

const apply = async (given: string, input: CommandInput, io: CliIo): Promise<number> => {
  const { source, write } = await sourceFor(input);
  const rootDirectory = textOption(input, 'root-dir') ?? DEFAULT_ROOT_DIRECTORY;
  const { interrupted: signal } = io;
  const result = await applyBundle({
    path: await bundleAt(given),
    source,
    directory: join(rootDirectory, 'manifests', 'sources', source.name),
    importImages: async (wanted) =>
      importBundle({ ...wanted, endpoint: await runtimeEndpoint(input, io), io, rootDirectory: textOption(input, 'root-dir'), signal }),
    listSources: async () => {
      // Only a bundle that is good makes its source.
      await write?.(io);
      return runningSources(input, io);
    },
    tell: (line) => print(io.stderr, `${line}\n`),
    timeoutMs: durationOption(input, 'timeout') ?? DEFAULT_TIMEOUT_MS,
    wallNow: Date.now,
    signal,
  });
  switch (result.type) {
    case 'runs': {
      const { name, revision, verifiedBy } = result.source;
      print(
        io.stdout,
        `source/${name} runs it${revision === undefined ? '' : `: revision ${revision}`}, signed by ${verifiedBy ?? 'nobody'}\n`,
      );
      return EXIT.done;
    }
    case 'waits':
      print(io.stdout, `source/${source.name} takes it when the kubelet starts: none answers now\n`);
      return EXIT.done;
    case 'refused':
      print(io.stderr, `source/${source.name} refused it; what runs, runs on: ${result.message}\n`);
      return EXIT.manifestRejected;
    case 'undecided':
      print(io.stderr, `source/${source.name}: ${result.message}\n`);
      return EXIT.failed;
  }
};

/** The source that a bundle is for, and what writes it where it is not there yet. @throws (rejects) CliError CLI_NOT_FOUND, CLI_USAGE */
const sourceFor = async (
  input: CommandInput,
): Promise<{ readonly source: SourceDefinition; readonly write?: (io: CliIo) => Promise<void> }> => {
  const directory = textOption(input, 'source-dir') ?? SOURCE_DIRECTORY;
  const [wanted, key] = [textOption(input, 'source'), textOption(input, 'key')];
  const files = await readSourceDirectory(directory);
  const sources = files.flatMap(({ source }) => source ?? []);
  const [only, ...more] = wanted === undefined ? sources : sources.filter(({ name }) => name === wanted);
  if (only !== undefined && more.length > 0) {
    throw new CliError({
      code: 'CLI_USAGE',
      message: `there are several sources: say which one with --source (${sources.map(({ name }) => name).join(', ')})`,
    });
  }
  if (only !== undefined) {
    if (key !== undefined)
      throw new CliError({ code: 'CLI_USAGE', message: `the source ${only.name} is there and has its own keys: leave --key out` });
    return { source: only };
  }
  const broken = files.find(({ source }) => source === undefined);
  if (broken !== undefined) throw new CliError({ code: 'CLI_REFUSED', message: broken.problems.join('; ') });
  if (key === undefined) {
    throw new CliError({
      code: 'CLI_NOT_FOUND',
      message: wanted === undefined ? `there is no source in ${directory}` : `there is no source ${wanted} in ${directory}`,
      hint: 'Give the public key that signed the bundle with --key, and one is made.',
    });
  }
  const prepared = await prepareSource({ name: wanted ?? DEFAULT_NAME, url: BUNDLE_URL, keyFile: key }, { root: '/', directory });
  await requireNoOther(prepared);
  let isWritten = false;
  const write = async (io: CliIo): Promise<void> => {
    if (isWritten) return;
    for (const { path, outcome } of await writeSource(prepared)) print(io.stderr, `${outcome} ${path}\n`);
    isWritten = true;
  };
  return { source: prepared.source, write };
};
