import { vi } from 'vitest';

/** Waits for what a real socket brings. The limit, ms, only matters when something is wrong: the machine may be busy with other things. */
export const eventually = <T>(check: () => T | Promise<T>, timeoutMs = 20_000): Promise<T> => vi.waitFor(check, { timeout: timeoutMs });
