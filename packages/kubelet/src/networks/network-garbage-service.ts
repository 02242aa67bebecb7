import { type CriClient, PodSandboxState } from '@solo-kubelet/cri-client';
import { defer, exhaustMap, filter, ignoreElements, switchMap, take, timer } from 'rxjs';
import type { KubeletService } from '../kubelet-services.js';

/** Time between collections, ms. What could not be released while its sandbox was there waits this long. */
const INTERVAL_MS = 5 * 60_000;

/**
 * Releases extra networks of sandboxes that are gone or have stopped: as soon as the runtime has answered for the first time, and now and then.
 * Plugins ended by an abort leave their records, so the kubelet's end needs no more care.
 */
export const networkGarbageService: KubeletService = ({ reconciler, networks, cri, logger, signal }) =>
  reconciler.activity$.pipe(
    filter(({ type }) => type === 'relisted'),
    take(1),
    switchMap(() => timer(0, INTERVAL_MS)),
    exhaustMap(() =>
      defer(async () => {
        try {
          const { detached, failures } = await networks.collectGarbage((options) => readySandboxes(cri, options), { signal });
          for (const podSandboxId of detached) logger.info({ podSandboxId }, 'Released the extra networks of a sandbox that is gone');
          for (const failure of failures) logger.warn({ ...failure }, 'Extra networks could not be released');
        } catch (error) {
          if (!signal.aborted) logger.warn({ err: error }, 'Extra networks could not be collected');
        }
      }),
    ),
    ignoreElements(),
  );

/** Anybody's: more than this kubelet's own do no harm. */
const readySandboxes = async (cri: CriClient, options: { readonly signal?: AbortSignal }): Promise<readonly string[]> =>
  (await cri.lists.podSandboxes({ state: { state: PodSandboxState.SANDBOX_READY } }, options)).map(({ id }) => id);
