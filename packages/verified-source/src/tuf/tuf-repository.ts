import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { parseUrl } from '@solo-kubelet/diagnostics/text';
import type { FileLayer } from '@solo-kubelet/state-files';
import { joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { readRegular } from '@solo-kubelet/untrusted-files';
import type { Updater } from 'tuf-js';
import { type Connections, createConnections } from '../connections.js';
import type { SourceDefinition } from '../core/source-definition.js';
import type { FetchedAnswer } from '../fetch-answer.js';
import type { FetchFailed } from '../places/place.js';
import { reasonOfTuf } from './reason-of-tuf.js';
import { createTufFetcher, type TufFetcher } from './tuf-fetcher.js';
import { findTufRoles, readTufProof, type TufProof, type VouchedTarget, verifyTufTarget } from './tuf-proof.js';
import { openTufState, type TufState } from './tuf-state.js';

export interface TufRepositoryOptions {
  readonly source: SourceDefinition;
  /** The URL without user name and password, and what these come to. */
  readonly url: string;
  readonly authorization: string | undefined;
  /** Where what was seen of the repository is kept. */
  readonly directory: string;
  readonly files: FileLayer | undefined;
  readonly logger: Logger;
}

export interface AskTufOptions {
  /** Text of the configured root. */
  readonly trustedRoot: string;
  /** What runs, with what vouched for it. */
  readonly known?: { readonly content: Uint8Array; readonly proof: string } | undefined;
  /** A time that has passed: what expired by then is not taken, whatever the clock says. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** A repository of The Update Framework, asked for one target. */
export interface TufRepository {
  /** Never rejects but for credentials that can't be read. @throws (rejects) VerifiedSourceError SOURCE_FILE_UNREADABLE */
  ask(options: AskTufOptions): Promise<FetchedAnswer>;
  close(): void;
}

/** Limits of one check. What is beyond the first goes on with the next check. */
const CONFIG = {
  maxRootRotations: 64,
  maxDelegations: 16,
  rootMaxLength: 256 * 1024,
  timestampMaxLength: 16 * 1024,
  snapshotMaxLength: 1024 * 1024,
  targetsMaxLength: 1024 * 1024,
};
/** Requests of one check that may each take as long as the source allows; beyond, all together are too slow. */
const SLOW_REQUESTS = 5;
/** Most that everything together may have which vouches for an answer, bytes. */
const MAX_PROOF_BYTES = 4 * 1024 * 1024;

export const createTufRepository = ({ source, url, authorization, directory, files, logger }: TufRepositoryOptions): TufRepository => {
  const connections: Connections = createConnections(source, authorization);
  const store = openTufState(directory, { files, logger });
  /** The library reads and writes files of its own; what it has verified is kept in one that a loss of power can't tear. */
  const scratch = join(directory, 'tuf');
  let timestampTag: string | undefined;

  const ask = async (options: AskTufOptions): Promise<FetchedAnswer> => {
    const { tuf, timeoutMs } = source;
    if (tuf === undefined) return failed('KeyInvalid', 'there is no spec.verification.tuf');
    const way = await connections.open();
    if (way.hasCredentials && parseUrl(tuf.metadataUrl)?.origin !== parseUrl(url)?.origin)
      return failed(
        'CredentialsUnusable',
        'spec.verification.tuf.metadataURL is on another server than the one that the credentials are for',
      );
    let state: TufState;
    try {
      state = await store.load();
    } catch (error) {
      return failed('NotKept', `what was seen of the repository can't be read: ${describeError(error)}`);
    }
    const limit = timeoutSignal(timeoutMs * SLOW_REQUESTS);
    using joined = joinSignals([options.signal, limit]);
    const fetcher = await createTufFetcher({ source, way, signal: joined.signal, directory: scratch, state, timestampTag });
    const answer = await askBy(fetcher, state, options);
    if (answer.type === 'failed' && limit.aborted)
      return failed('TooSlow', `${answer.message} (all requests together took longer than ${(timeoutMs * SLOW_REQUESTS) / 1_000} s)`);
    return answer;
  };

  const askBy = async (fetcher: TufFetcher, state: TufState, options: AskTufOptions): Promise<FetchedAnswer> => {
    const { trustedRoot } = options;
    const target = source.tuf?.target ?? '';
    try {
      const updater = await openUpdater(state, trustedRoot, fetcher);
      let problem: unknown;
      const listed = await updater.getTargetInfo(target).catch((error: unknown) => {
        problem = error;
        return undefined;
      });
      // A new root, and whatever else was good, counts from now on, also where the rest was not.
      const seen = await readSeen(fetcher);
      if (JSON.stringify(seen) !== JSON.stringify(state)) await store.save(seen);
      const { timestamp } = fetcher;
      timestampTag = timestamp()?.text === seen.timestamp ? timestamp()?.tag : undefined;
      if (problem === undefined) return await take(updater, { seen, listed: listed !== undefined, target }, options, fetcher);
      const reason = fetcher.failure() === undefined && (await reasonOfTuf(problem, fetcher.last(), { seen, before: state, trustedRoot }));
      return fetcher.failure() ?? failed(reason || 'SignatureInvalid', `the metadata are not taken: ${describeError(problem)}`);
    } catch (error) {
      return failed('NotKept', `what was seen of the repository can't be kept: ${describeError(error)}`);
    } finally {
      await rm(scratch, { recursive: true, force: true }).catch(() => {});
    }
  };

  const openUpdater = async (state: TufState, trustedRoot: string, fetcher: TufFetcher): Promise<Updater> => {
    await rm(scratch, { recursive: true, force: true });
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    const { timestamp, snapshot, roles } = state;
    const lay = (role: string, text: string | undefined): Promise<void> =>
      text === undefined ? Promise.resolve() : writeFile(metadataFile(role), text);
    await Promise.all([
      lay('root', trustedRoot),
      lay('timestamp', timestamp),
      lay('snapshot', snapshot),
      ...Object.entries(roles).map(([name, text]) => lay(name, text)),
    ]);
    const { Updater } = await import('tuf-js');
    const metadataBaseUrl = source.tuf?.metadataUrl ?? '';
    const config = { ...CONFIG, maxRootRotations: CONFIG.maxRootRotations + Object.keys(state.roots).length };
    return new Updater({ metadataDir: scratch, metadataBaseUrl, targetBaseUrl: baseOf(url, source.tuf?.target ?? ''), fetcher, config });
  };

  const metadataFile = (role: string): string => join(scratch, `${encodeURIComponent(role)}.json`);

  /** What the library has verified: it writes nothing else. */
  const readSeen = async (fetcher: TufFetcher): Promise<TufState> => {
    const read = (role: string): Promise<string | undefined> =>
      readRegular(metadataFile(role), { maxBytes: CONFIG.targetsMaxLength }).then(String, () => undefined);
    const [root, timestamp, snapshot] = await Promise.all(['root', 'timestamp', 'snapshot'].map(read));
    const { version } = (JSON.parse(root ?? '') as { readonly signed: { readonly version: number } }).signed;
    const roots = Object.fromEntries([...fetcher.roots].filter(([each]) => each <= version));
    const roles: Record<string, string> = {};
    for (const role of rolesOf(snapshot)) {
      const text = await read(role);
      if (text !== undefined) roles[role] = text;
    }
    return {
      roots,
      ...(timestamp !== undefined && { timestamp }),
      ...(snapshot !== undefined && { snapshot }),
      roles,
    };
  };

  const take = async (
    updater: Updater,
    { seen, listed, target }: { readonly seen: TufState; readonly listed: boolean; readonly target: string },
    { trustedRoot, known, nowMs }: AskTufOptions,
    fetcher: TufFetcher,
  ): Promise<FetchedAnswer> => {
    const roles = listed ? await findTufRoles((role) => seen.roles[role], target) : undefined;
    if (roles === undefined) return failed('SignatureMissing', `no role of the repository lists ${target}`);
    const roots = Object.entries(seen.roots)
      .sort(([one], [other]) => Number(one) - Number(other))
      .map(([, text]) => text);
    const proof: TufProof = { roots, roles };
    const text = JSON.stringify(proof);
    if (text.length > MAX_PROOF_BYTES)
      return failed(
        'TooLarge',
        `the metadata that vouch for ${target} have more than ${MAX_PROOF_BYTES} bytes: give a newer root, or fewer targets`,
      );
    const late = [roots.at(-1) ?? trustedRoot, seen.timestamp, seen.snapshot, ...roles.map((role) => role.text)]
      .map(expiryOf)
      .find(({ expiresMs }) => nowMs >= expiresMs);
    if (late !== undefined) return failed('Expired', `the metadata are not taken: ${late.what} expired at ${late.expires}`);
    let vouched: VouchedTarget;
    try {
      vouched = await readTufProof(trustedRoot, proof, target);
    } catch (error) {
      return failed('SignatureInvalid', `the metadata are not taken: ${describeError(error)}`);
    }
    if (known !== undefined && (await isListed(vouched.target, known.content))) {
      if (known.proof === text) return { type: 'notModified' };
      return { type: 'answer', content: known.content, signatures: [{ type: 'tuf', text }], validators: {} };
    }
    if (vouched.target.length > source.maxBytes)
      return failed('TooLarge', `${target} has ${vouched.target.length} bytes, and the source takes at most ${source.maxBytes}`);
    try {
      const content = await readRegular(await updater.downloadTarget(vouched.target, join(scratch, 'target')), {
        maxBytes: source.maxBytes,
      });
      return { type: 'answer', content, signatures: [{ type: 'tuf', text }], validators: {} };
    } catch (error) {
      return fetcher.failure() ?? failed('HashMismatch', `${target} is not what is listed: ${describeError(error)}`);
    }
  };

  return { ask, close: connections.close };
};

const failed = (reason: FetchFailed['reason'], message: string): FetchFailed => ({ type: 'failed', reason, message });

/** The URL of the target without its path in the repository. */
const baseOf = (url: string, target: string): string => {
  const parsed = parseUrl(url);
  if (parsed === undefined) return url;
  const depth = target.split('/').length;
  parsed.pathname = `${parsed.pathname.split('/').slice(0, -depth).join('/')}/`;
  return parsed.href;
};

const isListed = async (target: Parameters<typeof verifyTufTarget>[0], content: Uint8Array): Promise<boolean> => {
  try {
    await verifyTufTarget(target, content);
    return true;
  } catch {
    return false;
  }
};

/** Roles that a snapshot names. */
const rolesOf = (snapshot: string | undefined): readonly string[] => {
  if (snapshot === undefined) return [];
  try {
    const { meta = {} } = (JSON.parse(snapshot) as { readonly signed: { readonly meta?: object } }).signed;
    return Object.keys(meta).flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : []));
  } catch {
    // One that was damaged on disk and not replaced yet.
    return [];
  }
};

const expiryOf = (text = '{}') => {
  const { signed } = JSON.parse(text) as { readonly signed?: { readonly _type?: string; readonly expires?: string } };
  const expires = signed?.expires ?? '';
  // Without a time it has been refused before.
  return { what: `${signed?._type ?? 'it'}.json`, expires, expiresMs: Date.parse(expires) };
};
