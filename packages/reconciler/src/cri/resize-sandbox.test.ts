import { CriError } from '@solo-kubelet/cri-client';
import type { Pod } from '@solo-kubelet/pod-spec';
import { expect, it } from 'vitest';
import { pod } from '../testing/index.js';
import { createSandboxResizes } from './resize-sandbox.js';

const { signal } = new AbortController();

/** A pod with a sandbox: what the runtime and the cgroup are told, in order. */
const machine = ({ hasSandbox = true } = {}) => {
  const steps: string[] = [];
  const faults: { runtime?: Error; cgroup?: Error } = {};
  const sizeOf = ({ metadata }: Pod): string => metadata.annotations?.['size'] ?? '';
  const resizes = createSandboxResizes({
    cri: {
      runtime: {
        updatePodSandboxResources: async ({ podSandboxId, resources }: { podSandboxId: string; resources: unknown }) => {
          steps.push(`runtime ${podSandboxId} ${String(resources)}`);
          if (faults.runtime) throw faults.runtime;
          return {};
        },
      },
    } as never,
    environment: {
      sandboxConfig: async (it: Pod) => ({ config: { linux: { resources: sizeOf(it), overhead: undefined } }, notices: [] }) as never,
      resizePod: async (it: Pod) => {
        steps.push(`cgroup ${sizeOf(it)}`);
        if (faults.cgroup) throw faults.cgroup;
      },
    },
    sandboxOf: async () => (hasSandbox ? { id: 's1', attempt: 0 } : undefined),
  });
  const resize = (size: string) => resizes.resize(pod('web', {}, { annotations: { size } }), { signal });
  return { steps, faults, resize, resizes };
};
const unimplemented = (code: 'CRI_UNIMPLEMENTED' | 'CRI_UNKNOWN', details: string) =>
  new CriError({ code, details, message: details, retryable: false } as never);

it('asks the runtime before it writes the cgroup', async () => {
  const { steps, resize } = machine();
  await resize('wide');
  expect(steps).toEqual(['runtime s1 wide', 'cgroup wide']);
});

it('writes nothing when the runtime says no', async () => {
  const { steps, faults, resize } = machine();
  faults.runtime = new Error('too large');
  await expect(resize('wide')).rejects.toThrow(/resize rejected: too large$/);
  expect(steps).toEqual(['runtime s1 wide']);
});

it.each([unimplemented('CRI_UNIMPLEMENTED', 'unknown method'), unimplemented('CRI_UNKNOWN', 'not implemented yet')])(
  'goes on where the runtime does not have the call: %s',
  async (error) => {
    const { steps, faults, resize } = machine();
    faults.runtime = error;
    await resize('wide');
    expect(steps).toEqual(['runtime s1 wide', 'cgroup wide']);
  },
);

it('tells the runtime what it was when the cgroup cannot be written', async () => {
  const { steps, faults, resize } = machine();
  await resize('narrow');
  faults.cgroup = new Error('busy');
  await expect(resize('wide')).rejects.toThrow('busy');
  expect(steps).toEqual(['runtime s1 narrow', 'cgroup narrow', 'runtime s1 wide', 'cgroup wide', 'runtime s1 narrow']);
});

it('only writes the cgroup of a pod without a sandbox', async () => {
  const { steps, resize } = machine({ hasSandbox: false });
  await resize('wide');
  expect(steps).toEqual(['cgroup wide']);
});
