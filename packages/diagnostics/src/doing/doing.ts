import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogFields } from '../logger.js';

/** What is being done, as fields of a log record: `doing`, and the pod that it is done for. */
export type Doing = LogFields & { readonly doing: string; readonly podUid?: string; readonly pod?: string };

const storage = new AsyncLocalStorage<Doing>();

/** Carries work out; an error that escapes it, from a listener or a timer too, can be told to be of it. */
export const whileDoing = <T>(what: Doing, work: () => T): T => storage.run(what, work);

/** What was being done where this is called; undefined outside of `whileDoing`. */
export const doing = (): Doing | undefined => storage.getStore();
