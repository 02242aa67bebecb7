import { resolve } from 'node:path';
import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { parseMixedManifest } from '@solo-kubelet/object-spec';
import { checkDuration, checkInterval } from '@solo-kubelet/timers';
import { longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, concatMap, defer, finalize, from, identity, Observable, type SchedulerLike, timer } from 'rxjs';
import type { Listing } from './core/listing.js';
import { type FetchedManifest, fetchManifest } from './fetch-manifest.js';
import { followSource } from './follow-source.js';
import { httpConnections } from './http/http-connections.js';
import { noStore, openLastGoodStore, type Validators } from './last-good-store.js';
import type { ManifestEvent, ParseManifest, PrepareManifest } from './manifest-event.js';
import { prepareListings } from './prepare-listing.js';
import { MAX_MANIFEST_BYTES } from './read-listing.js';
import { readRequestHeaders, readRequestUrl } from './request-target.js';
import { shadowDuplicates } from './shadow-duplicates.js';

export interface ManifestUrlOptions {
  /** http or https; user name and password in it become a Basic authorization. Answers with a Pod, a PodList or several documents. */
  readonly url: string;
  /** Name of this node: part of every Pod's name. */
  readonly nodeName: string;
  /** Sent with every request to the URL's own origin, as `staticPodURLHeader`; a redirect to another origin gets none of them. Never logged. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Time between requests, ms. 20 s as `httpCheckFrequency`. */
  readonly httpCheckFrequencyMs?: number;
  /** Time limit of one request, redirects and body included, ms. 10 s as in Kubernetes. */
  readonly timeoutMs?: number;
  /** Bytes beyond which an answer is refused. 3 MiB. */
  readonly maxBytes?: number;
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string | Uint8Array;
  /** Where the last good answer is kept, so that a machine that boots without the network runs its Pods. */
  readonly cacheDirectory?: string;
  /** Of answers that are not manifests as they come, such as encrypted ones. Default: they are parsed as they are. */
  readonly prepare?: PrepareManifest;
  /** Parser of the answers; object-spec's `parseMixedManifest`. */
  readonly parse?: ParseManifest;
  /**
   * Whether two documents of this source that ask for a Pod of one name are settled here. Default true. Give false where events go through
   * operators of your own or through a merge, and put `shadowDuplicates()` behind those.
   */
  readonly settleNames?: boolean;
  readonly scheduler?: SchedulerLike;
  readonly logger?: Logger;
}

/**
 * The Pods that a URL asks for, asked for at once and every `httpCheckFrequencyMs`. What runs is kept on anything but a complete answer
 * whose documents are valid. Never ends by itself and never fails once started; throws `ManifestSourceError` for an unusable URL or header.
 */
export const watchManifestUrl = ({
  url: givenUrl,
  nodeName,
  headers = {},
  httpCheckFrequencyMs: givenFrequencyMs,
  timeoutMs: givenTimeoutMs,
  maxBytes = MAX_MANIFEST_BYTES,
  ca,
  cacheDirectory,
  prepare,
  parse = parseMixedManifest,
  settleNames = true,
  scheduler: givenScheduler = asyncScheduler,
  logger = silentLogger,
}: ManifestUrlOptions): Observable<ManifestEvent> => {
  const scheduler = longDelays(givenScheduler);
  const httpCheckFrequencyMs = checkInterval('httpCheckFrequencyMs', givenFrequencyMs, 20_000);
  const timeoutMs = checkDuration('timeoutMs', givenTimeoutMs, 10_000);
  const { url, shownUrl, authorization } = readRequestUrl(givenUrl);
  const allHeaders = readRequestHeaders({ ...(authorization === undefined ? {} : { authorization }), ...headers });

  return defer(() => {
    const connections = httpConnections(ca === undefined ? {} : { ca });
    const prepared = prepare && prepareListings(prepare);
    let last: Validators | undefined;
    const ask = (validators: Validators): Observable<FetchedManifest> =>
      fromAbortable((signal) =>
        fetchManifest({ url, shownUrl, headers: allHeaders, validators, timeoutMs, maxBytes, connections, signal }),
      );
    return followSource({
      source: 'http',
      path: shownUrl,
      rules: { parse, nodeName, settleMs: 0, removalSettleMs: 0, replacementSettleMs: 0, failedRecheckMs: undefined },
      store: cacheDirectory === undefined ? noStore : openLastGoodStore(resolve(cacheDirectory), logger),
      ...(prepare && { prepare }),
      look: (stored) =>
        ask(last ?? stored).pipe(
          concatMap(async (fetched) => {
            const asFetched = toListing(fetched, shownUrl, scheduler.now());
            const listing = prepared === undefined ? asFetched : await prepared(asFetched);
            // What can't be used is asked for in full again: it may be used later, as it is.
            if (fetched.type !== 'body' || isUnreadable(listing)) return { listing };
            last = fetched.validators;
            return { listing, validators: last };
          }),
        ),
      triggers: () => timer(0, httpCheckFrequencyMs, scheduler),
      scheduler,
    }).pipe(finalize(() => connections.close()));
  }).pipe(settleNames ? shadowDuplicates() : identity);
};

/** A promise that is made on subscription and told to give up on unsubscription. */
const fromAbortable = <T>(start: (signal: AbortSignal) => Promise<T>): Observable<T> =>
  new Observable((subscriber) => {
    const controller = new AbortController();
    subscriber.add(from(start(controller.signal)).subscribe(subscriber));
    return () => controller.abort();
  });

const isUnreadable = (listing: Listing): boolean =>
  listing.type === 'listed' && listing.entries.some(({ content }) => content.type === 'unreadable');

const toListing = (fetched: FetchedManifest, path: string, atMs: number): Listing => {
  switch (fetched.type) {
    case 'body': {
      const { text, digest } = fetched;
      return { type: 'listed', kind: 'file', atMs, entries: [{ path, content: { type: 'text', text, digest, modifiedAtMs: 0 } }] };
    }
    case 'notModified':
      return { type: 'unchanged', atMs };
    case 'failed':
      return { type: 'failed', message: fetched.message, useStored: true, atMs };
  }
};
