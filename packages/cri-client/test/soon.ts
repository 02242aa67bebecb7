import { expect, vi } from 'vitest';

// Time limits for a machine that is busy with other things.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** What becomes true in a moment. */
export const soon: typeof expect.poll = (look) => expect.poll(look, { timeout: 30_000, interval: 10 });
