import type { ExtraNetworks } from '@solo-kubelet/cni-invoker/extra-networks';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { Subject } from 'rxjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { KubeletContext } from '../kubelet-services.js';
import { networkGarbageService } from './network-garbage-service.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('collects once the runtime has answered and every five minutes, past failures, sparing sandboxes that are ready', async () => {
  const activity$ = new Subject<{ type: string }>();
  const spared: (readonly string[])[] = [];
  const warnings: string[] = [];
  let broken = false;
  const collectGarbage: ExtraNetworks['collectGarbage'] = async (valid, options = {}) => {
    if (broken) throw new Error('disk');
    spared.push([...(typeof valid === 'function' ? await valid(options) : valid)]);
    return { detached: [], failures: [{ network: 'cam', message: 'busy' }] };
  };
  const asked: unknown[] = [];
  const podSandboxes = async (filter: unknown) => {
    asked.push(filter);
    return [{ id: 's1' }];
  };
  const context = {
    reconciler: { activity$ },
    networks: { collectGarbage },
    cri: { lists: { podSandboxes } },
    logger: { ...silentLogger, warn: (_fields: object, message: string) => warnings.push(message) },
    signal: new AbortController().signal,
  } as unknown as KubeletContext;
  const subscription = networkGarbageService(context).subscribe();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(spared).toEqual([]);
  activity$.next({ type: 'relisted' });
  await vi.advanceTimersByTimeAsync(0);
  expect(spared).toEqual([['s1']]);
  expect(asked).toEqual([{ state: { state: 0 } }]);
  broken = true;
  await vi.advanceTimersByTimeAsync(300_000);
  broken = false;
  activity$.next({ type: 'relisted' });
  await vi.advanceTimersByTimeAsync(300_000);
  subscription.unsubscribe();
  expect(spared).toHaveLength(2);
  expect(warnings).toEqual([
    'Extra networks could not be released',
    'Extra networks could not be collected',
    'Extra networks could not be released',
  ]);
});
