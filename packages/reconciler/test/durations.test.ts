import { createReconciler, type ReconcilerDeps } from '@solo-kubelet/reconciler';
import { type CriRuntimeOptions, criRuntime } from '@solo-kubelet/reconciler/cri';
import { EMPTY } from 'rxjs';
import { expect, it } from 'vitest';

const unusable = [Number.NaN, -1, 10n as unknown as number];

it.each(['initialMs', 'maxMs', 'timeoutMs'] as const)(
  'a pull back-off or limit that no timer can take is refused by its name: %s',
  (option) => {
    for (const given of unusable) {
      const options = { cri: {}, environment: {}, pulls: { [option]: given } } as unknown as CriRuntimeOptions;
      expect(() => criRuntime(options)).toThrow(`pulls.${option} must be`);
    }
  },
);

it('a back-off of pulls of 0 ms would never end trying', () => {
  const options = { cri: {}, environment: {}, pulls: { initialMs: 0 } } as unknown as CriRuntimeOptions;
  expect(() => criRuntime(options)).toThrow('pulls.initialMs must be above 0 ms');
});

it.each(['initialMs', 'maxMs'] as const)('so is a back-off of restarts: %s', (option) => {
  for (const given of [...unusable, 0]) {
    const deps = {
      manifestEvent$: EMPTY,
      node$: EMPTY,
      sources: [],
      runtime: {},
      backoff: { [option]: given },
    } as unknown as ReconcilerDeps;
    expect(() => createReconciler(deps)).toThrow(`backoff.${option} must be`);
  }
});
