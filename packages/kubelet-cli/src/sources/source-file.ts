import { createHash } from 'node:crypto';
import { mkdir, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_MANIFEST_BYTES } from '@solo-kubelet/manifest-source';
import { writeDurably } from '@solo-kubelet/state-files';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { parseSourceFile, readVerificationKeys, type SourceDefinition } from '@solo-kubelet/verified-source';
import { stringify } from 'yaml';
import { CliError } from '../cli-error.js';
import { type BucketSettings, credentialsEnvironment, credentialsText } from './bucket-settings.js';

export interface NewSource {
  readonly name: string;
  readonly url: string;
  /** File of public keys of minisign, ssh or cosign. */
  readonly keyFile: string;
  /** PEM file of authorities to trust instead of the system's. */
  readonly caFile?: string | undefined;
  /** Of a URL of s3, and of that alone. */
  readonly bucket?: BucketSettings | undefined;
}

/** A source that is about to be written. */
export interface PreparedSource {
  /** As it will be once it is written. */
  readonly source: SourceDefinition;
  /** By their paths below the root. `mode` default: 0644. */
  readonly files: readonly { readonly path: string; readonly text: string; readonly mode?: number }[];
  /** What asks it with the credentials that will stand in its file. */
  readonly env: Readonly<Record<string, string>>;
}

export interface SourceFileOutcome {
  readonly path: string;
  readonly outcome: 'made' | 'unchanged' | 'removed' | 'kept';
}

export const SOURCE_DIRECTORY = '/etc/kubernetes/sources.d';
const MAX_FILE_BYTES = 1 << 20;
/** Such a file is ours as long as what follows has the digest. */
const MARK = /^# Written by kubelet-cli; uninstall removes it unless it was changed \(sha256:([0-9a-f]{64})\)\n/;

const marked = (text: string): string =>
  `# Written by kubelet-cli; uninstall removes it unless it was changed (sha256:${digestOf(text)})\n${text}`;
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const isOurs = (text: string): boolean => {
  const found = MARK.exec(text);
  return found !== null && digestOf(text.slice(found[0].length)) === found[1];
};

/**
 * Judges everything that a source is made of before anything is written: the name, the URL, that the key can be read and is a public one, the certificates.
 * The keys stand in the file itself, and authorities and credentials beside it, so that the node needs none of the files that were named.
 * @throws (rejects) CliError CLI_USAGE, VerifiedSourceError SOURCE_KEY_INVALID
 */
export const prepareSource = async (
  { name, url, keyFile, caFile, bucket }: NewSource,
  { root, directory = SOURCE_DIRECTORY }: { readonly root: string; readonly directory?: string },
): Promise<PreparedSource> => {
  await readVerificationKeys({ keys: [], keyFiles: [keyFile] });
  const keys = keysOf(await readText(keyFile));
  const ca = caFile === undefined ? undefined : await readCa(caFile);
  const caPath = `${directory}/${name}.ca.pem`;
  const credentialsPath = `${directory}/${name}.aws-credentials`;
  const { credentials, ...access } = bucket ?? {};
  const s3 = { ...access, ...(credentials && { credentialsFile: credentialsPath }) };
  const text = stringify({
    apiVersion: 'solo-kubelet.dev/v1alpha1',
    kind: 'ManifestSource',
    metadata: { name },
    spec: {
      url,
      ...(Object.keys(s3).length > 0 && { s3 }),
      verification: { keys: keys.map((key) => key.trim()) },
      ...(ca !== undefined && { tls: { caFile: caPath } }),
    },
  });
  const path = `${directory}/${name}.yaml`;
  const parsed = parseSourceFile(text, { path, maxBytes: MAX_MANIFEST_BYTES });
  if (!parsed.ok) {
    const [issue] = parsed.issues;
    throw new CliError({
      code: 'CLI_USAGE',
      message: `${issue?.field ?? ''}: ${issue?.message ?? 'it can not be used'}`,
      hint: 'kubelet-cli install --help',
    });
  }
  // As the kubelet will read them.
  await readVerificationKeys(parsed.source);
  const at = (file: string): string => (root === '/' ? file : join(root, file));
  const { credentialsFile: _, ...asked } = parsed.source.s3 ?? {};
  return {
    source: { ...parsed.source, ...(caFile === undefined ? {} : { caFile }), ...(parsed.source.s3 && { s3: asked }) },
    files: [
      ...(ca === undefined ? [] : [{ path: at(caPath), text: marked(ca) }]),
      ...(credentials === undefined ? [] : [{ path: at(credentialsPath), text: marked(credentialsText(credentials)), mode: 0o600 }]),
      { path: at(path), text: marked(text) },
    ],
    env: credentials === undefined ? {} : credentialsEnvironment(credentials),
  };
};

/** The keys of a file, each as a source has it: one on a line, or a block of PEM. */
const keysOf = (text: string): readonly string[] =>
  (text.replaceAll('\r', '').match(/^-----BEGIN [^-\n]+-----\n[^-]*-----END [^-\n]+-----[ \t]*$|^.+$/gm) ?? []).filter(
    (key) => key.trim() !== '' && !/^\s*#|^untrusted comment:/.test(key),
  );

const readText = async (path: string): Promise<string> =>
  (await readRegular(path, { followLinks: true, maxBytes: MAX_FILE_BYTES })).toString();

const readCa = async (path: string): Promise<string> => {
  const text = await readRegular(path, { followLinks: true, maxBytes: MAX_FILE_BYTES }).catch((cause: unknown) => {
    throw new CliError({ code: 'CLI_USAGE', message: `--ca-file: cannot read ${path}: ${(cause as Error).message}`, cause });
  });
  if (text.toString('latin1').includes('PRIVATE KEY'))
    throw new CliError({ code: 'CLI_USAGE', message: `--ca-file ${path} holds a private key: give the certificates alone` });
  if (!text.toString('latin1').includes('-----BEGIN CERTIFICATE-----'))
    throw new CliError({ code: 'CLI_USAGE', message: `--ca-file ${path} holds no certificate in PEM` });
  return text.toString();
};

/** Refuses before anything is written where a file is somebody else's. @throws (rejects) CliError CLI_HOST_UNSUITABLE */
export const requireNoOther = async ({ files }: PreparedSource): Promise<void> => {
  for (const { path, text } of files) {
    const there = await readText(path).catch(missing);
    if (there !== undefined && there !== text && !isOurs(there)) {
      throw new CliError({
        code: 'CLI_HOST_UNSUITABLE',
        message: `${path} is there already, and not as kubelet-cli wrote it`,
        hint: 'Change it by hand, remove it, or give the source another --name.',
      });
    }
  }
};

const missing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
};

/** Writes the files of a source, each in one step. */
export const writeSource = async ({ files }: PreparedSource): Promise<readonly SourceFileOutcome[]> => {
  const outcomes: SourceFileOutcome[] = [];
  for (const { path, text, mode = 0o644 } of files) {
    if ((await readText(path).catch(missing)) === text) {
      outcomes.push({ path, outcome: 'unchanged' });
      continue;
    }
    await mkdir(join(path, '..'), { recursive: true, mode: 0o755 });
    await writeDurably(path, text, { mode });
    outcomes.push({ path, outcome: 'made' });
  }
  return outcomes;
};

/** Removes the files of sources that were written here and that nobody changed. */
export const removeSources = async (root: string): Promise<readonly SourceFileOutcome[]> => {
  const directory = root === '/' ? SOURCE_DIRECTORY : join(root, SOURCE_DIRECTORY);
  const outcomes: SourceFileOutcome[] = [];
  for (const name of ((await readdir(directory).catch(missing)) ?? []).sort()) {
    if (!/\.(yaml|pem|aws-credentials)$/.test(name)) continue;
    const path = join(directory, name);
    const text = (await readRegular(path, { maxBytes: MAX_FILE_BYTES }).catch(() => undefined))?.toString();
    if (text === undefined || !MARK.test(text)) continue;
    const ours = isOurs(text);
    if (ours) await unlink(path);
    outcomes.push({ path, outcome: ours ? 'removed' : 'kept' });
  }
  return outcomes;
};
