import { expect, it } from 'vitest';
import { toObservedContainer } from './map-observed.js';

type Status = Parameters<typeof toObservedContainer>[0];
const observed = (
  linux: Partial<NonNullable<NonNullable<Status['resources']>['linux']>> = {},
  annotations: Readonly<Record<string, string>> = {},
) =>
  toObservedContainer(
    {
      id: 'c1',
      labels: {},
      annotations,
      createdAt: 0n,
      startedAt: 0n,
      finishedAt: 0n,
      resources: { linux: { cpuShares: 0n, cpuQuota: 0n, cpuPeriod: 0n, memoryLimitInBytes: 0n, ...linux } },
    } as Partial<Status> as Status,
    's1',
    'fake',
    '',
  );
const reported = (linux: Parameters<typeof observed>[0]) => observed(linux).resources;

it.each([
  [{ memoryLimitInBytes: 16_777_216n }, { limits: { memory: '16Mi' } }],
  [{ memoryLimitInBytes: 41_943_040n }, { limits: { memory: '40Mi' } }],
  [{ memoryLimitInBytes: 2n ** 30n * 3n }, { limits: { memory: '3Gi' } }],
  [{ memoryLimitInBytes: 100_000_000n }, { limits: { memory: '100000000' } }],
  [{ memoryLimitInBytes: 999n }, { limits: { memory: '999' } }],
  [{ cpuQuota: 100_000n, cpuPeriod: 100_000n }, { limits: { cpu: '1' } }],
  [{ cpuQuota: 50_000n, cpuPeriod: 100_000n }, { limits: { cpu: '500m' } }],
  [{ cpuShares: 2048n }, { requests: { cpu: '2' } }],
  [{ cpuShares: 2n }, {}],
])('%s is shown in the form Kubernetes writes it in', (linux, expected) => expect(reported(linux)).toEqual(expected));

it.each([
  [
    '[{"name":"http","hostPort":80,"containerPort":8080,"protocol":"TCP"}]',
    [{ name: 'http', hostPort: 80, containerPort: 8080, protocol: 'TCP' }],
  ],
  ['[{"containerPort":80},{"hostPort":"80","containerPort":80},7,null,{"containerPort":1,"protocol":[]}]', [{ containerPort: 80 }]],
  ['{"hostPort":80}', undefined],
  ['[{', undefined],
  ['[]', undefined],
])('of the ports %s are observed: %j', (annotation, ports) =>
  expect(observed({}, { 'io.kubernetes.container.ports': annotation }).ports).toEqual(ports),
);

it('a user is shown by its number, up to the largest of 32 bits', () => {
  const user = { linux: { uid: 4_294_967_295n, gid: 4_294_967_294n, supplementalGroups: [4_294_967_293n] } };
  const status = { id: 'c1', labels: {}, annotations: {}, createdAt: 0n, startedAt: 0n, finishedAt: 0n, user } as Partial<Status> as Status;
  expect(toObservedContainer(status, 's1', 'fake', '').user).toEqual({
    uid: 4_294_967_295,
    gid: 4_294_967_294,
    supplementalGroups: [4_294_967_293],
  });
});
