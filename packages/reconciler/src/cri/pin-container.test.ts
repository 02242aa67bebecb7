import { expect, it } from 'vitest';
import { pinContainer } from './pin-container.js';

it.each([
  [true, { 'memory.oom.group': '1' }],
  [false, {}],
])(
  'new CPUs leave all else of a container as it is, and whether it ends as a whole when out of memory (%s)',
  async (endsAsAWhole, unified) => {
    const sent: unknown[] = [];
    const updateContainerResources = async (request: unknown) => {
      sent.push(request);
      return {};
    };
    await pinContainer({ updateContainerResources } as Parameters<typeof pinContainer>[0], 'c1', '0-1', {
      endsAsAWhole,
      signal: new AbortController().signal,
    });
    expect(sent).toEqual([
      {
        containerId: 'c1',
        linux: {
          cpuPeriod: 0n,
          cpuQuota: 0n,
          cpuShares: 0n,
          memoryLimitInBytes: 0n,
          oomScoreAdj: 0n,
          cpusetMems: '',
          hugepageLimits: [],
          memorySwapLimitInBytes: 0n,
          cpusetCpus: '0-1',
          unified,
        },
      },
    ]);
  },
);
