import { waitFor } from '@solo-kubelet-tools/testbed';
import { expect } from 'vitest';
import type { Machine } from './machine.js';
import { putManifest, text } from './prepared-machine.js';
import { PATIENCE } from './shown-pods.js';

/** The Pod of ledger.yaml, whose data is whole only if each of its ends was a graceful one. */
export interface Ledger {
  /** What it wrote of its starts and ends, in order. */
  events(): Promise<readonly string[]>;
  /** Waits until it has started once more, after an end whose preStop hook ran before the signal came; fails with what it wrote instead. */
  untilStarted(): Promise<void>;
}

/** Puts the Pod on a machine and waits for its first start. */
export const startLedger = async (machine: Machine): Promise<Ledger> => {
  await putManifest(machine, 'ledger', await text('ledger.yaml'));
  const expected: string[] = [];
  const events = async (): Promise<readonly string[]> => (await machine.run('cat /srv/ledger/events')).stdout.split('\n').filter(Boolean);
  const untilStarted = async (): Promise<void> => {
    expected.push(...(expected.length === 0 ? [] : ['closed', 'ended']), 'started');
    const isThere = async (): Promise<boolean> => (await events()).length >= expected.length;
    await waitFor(isThere, { what: `the events ${expected.join()}`, ...PATIENCE }).catch(() => {});
    expect(await events()).toEqual(expected);
  };
  await untilStarted();
  return { events, untilStarted };
};
