import { watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import { type FileLayer, readState, removeDurable, writeDurably } from '@solo-kubelet/state-files';
import { Observable, type SchedulerLike, timer } from 'rxjs';
import { decodeSigned, encodeSigned } from './answer-store.js';
import type { DetachedSignature } from './signatures/verify-answer.js';

/** An answer that did not come over the network: somebody put it here. It goes the way of every answer. */
export interface OfferedAnswer {
  readonly content: Uint8Array;
  readonly signature?: DetachedSignature;
}

const FILE = 'offered.json';
/** How often it is looked for where nobody tells of changes, ms. */
const POLL_MS = 10_000;

interface OfferOptions {
  readonly files?: FileLayer | undefined;
}

const pathOf = (directory: string): string => join(directory, FILE);
const layerOf = ({ files }: OfferOptions) => (files === undefined ? {} : { files });

/**
 * Puts an answer before a source, in one step that survives a loss of power: the running kubelet takes or refuses it at once, else the next one does.
 * `directory`: that of the source. @throws (rejects) the error of the file system
 */
export const writeOffer = (directory: string, offer: OfferedAnswer, options: OfferOptions = {}): Promise<void> =>
  writeDurably(pathOf(directory), JSON.stringify({ version: 1, ...encodeSigned(offer) }), layerOf(options));

/** What was put before a source and not decided yet. @throws (rejects) where the disk can't be read */
export const readOffer = (
  directory: string,
  options: OfferOptions & { readonly logger?: Logger } = {},
): Promise<OfferedAnswer | undefined> =>
  readState(pathOf(directory), {
    decode: (text) => {
      const offer = JSON.parse(text) as { readonly version?: unknown };
      if (offer.version !== 1) throw new Error('it is no offer in version 1');
      return decodeSigned(offer);
    },
    requireReadable: true,
    ...(options.logger && { logger: options.logger }),
    ...layerOf(options),
  });

export const removeOffer = (directory: string, { files }: OfferOptions = {}): Promise<void> => removeDurable(pathOf(directory), files);

/** Tells one offer from the next; undefined where there is none. */
export const offerMark = (directory: string): Promise<string | undefined> =>
  stat(pathOf(directory)).then(
    ({ ino, mtimeMs, size }) => `${ino} ${mtimeMs} ${size}`,
    () => undefined,
  );

/** That there may be an offer, at once and whenever there may be one again. Never fails: where changes can't be watched, the look is repeated. */
export const offerHints = (directory: string, scheduler: SchedulerLike): Observable<unknown> =>
  new Observable<unknown>((subscriber) => {
    subscriber.next(undefined);
    let watched: (() => void) | undefined;
    const poll = (): void => {
      watched?.();
      const polls = timer(POLL_MS, POLL_MS, scheduler).subscribe(subscriber);
      watched = () => polls.unsubscribe();
    };
    try {
      const watcher = watch(directory, (_type, name) => {
        if (name === null || basename(name) === FILE) subscriber.next(undefined);
      });
      watched = () => watcher.close();
      watcher.on('error', poll);
    } catch {
      poll();
    }
    return () => watched?.();
  });
