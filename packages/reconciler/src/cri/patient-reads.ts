import { longTimeout } from '@solo-kubelet/timers';
import { waitFor } from './shared-calls.js';

/** Reads one thing of many; the others are not held up by one that does not answer. */
export type PatientRead = <T>(id: string, read: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/** A read may take up to `patienceMs`. One that takes longer goes on by itself, and until it has ended the same is not asked again: it fails at once. */
export const createPatientReads = (patienceMs: number): PatientRead => {
  const overdue = new Set<string>();
  return async (id, read, signal) => {
    if (overdue.has(id)) throw unanswered(patienceMs);
    const reading = read();
    let cancel = (): void => {};
    const tooLong = new Promise<never>((_, reject) => {
      const giveUp = (): void => {
        overdue.add(id);
        void reading.catch(() => {}).finally(() => overdue.delete(id));
        reject(unanswered(patienceMs));
      };
      cancel = longTimeout(giveUp, patienceMs, { ref: false });
    });
    try {
      return await waitFor(Promise.race([reading, tooLong]), signal);
    } finally {
      cancel();
    }
  };
};

const unanswered = (patienceMs: number): Error => new Error(`the runtime has not answered for more than ${patienceMs / 1_000} s`);
