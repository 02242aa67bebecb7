import { expect, it } from 'vitest';
import { withoutZeros } from './without-zeros.js';

it('reads the zeros of a file that Go wrote as unset, and keeps those that mean something', () => {
  expect(
    withoutZeros({
      syncFrequency: '0s',
      maxPods: 0,
      containerRuntimeEndpoint: '',
      authentication: { webhook: { cacheTTL: '0s', enabled: false } },
      healthzPort: 0,
      oomScoreAdj: 0,
      resolvConf: '',
      fileCheckFrequency: '20s',
      failSwapOn: false,
    }),
  ).toEqual({
    authentication: { webhook: { enabled: false } },
    healthzPort: 0,
    oomScoreAdj: 0,
    resolvConf: '',
    fileCheckFrequency: '20s',
    failSwapOn: false,
  });
});
