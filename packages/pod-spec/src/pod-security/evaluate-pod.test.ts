import { describe, expect, it } from 'vitest';
import type { PodSpec } from '../gen/pod-types.js';
import { createReport } from '../validation/report.js';
import { evaluatePod, violationText } from './evaluate-pod.js';
import { levelText, readPolicy } from './policy.js';

const SOUND: PodSpec = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [{ name: 'c', image: 'i', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
};

const told = (level: 'baseline' | 'restricted', spec: Partial<PodSpec>, minor?: number, annotations = {}): string =>
  violationText(evaluatePod({ level, ...(minor !== undefined && { minor }) }, { metadata: { annotations }, spec: { ...SOUND, ...spec } }));

const withContext = (securityContext: NonNullable<PodSpec['containers'][number]['securityContext']>): Partial<PodSpec> => ({
  containers: [{ ...SOUND.containers[0]!, securityContext: { ...SOUND.containers[0]!.securityContext, ...securityContext } }],
});

describe('baseline', () => {
  it.each<[Partial<PodSpec>, string]>([
    [{}, ''],
    [{ hostNetwork: true, hostIPC: true }, 'host namespaces (hostNetwork=true, hostIPC=true)'],
    [withContext({ privileged: true }), 'privileged (container "c" must not set securityContext.privileged=true)'],
    [
      withContext({ capabilities: { add: ['SYS_ADMIN', 'CHOWN', 'NET_RAW'] } }),
      'non-default capabilities (container "c" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
    ],
    [{ volumes: [{ name: 'v', hostPath: { path: '/' } }] }, 'hostPath volumes (volume "v")'],
    [
      {
        containers: [
          {
            name: 'c',
            image: 'i',
            ports: [
              { containerPort: 1, hostPort: 9 },
              { containerPort: 2, hostPort: 10 },
            ],
          },
        ],
      },
      'hostPort (container "c" uses hostPorts 10, 9)',
    ],
    [
      { containers: [{ name: 'c', image: 'i', livenessProbe: { httpGet: { port: 1, host: 'h' } } }] },
      'probe or lifecycle host (container "c" uses probe or lifecycle host "h")',
    ],
    [
      withContext({ seLinuxOptions: { type: 'spc_t', user: 'u' } }),
      'seLinuxOptions (container "c" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
    ],
    [{ securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }, 'forbidden sysctls (kernel.msgmax)'],
    [
      { securityContext: { seccompProfile: { type: 'Unconfined' } } },
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
  ])('says of %j: %s', (spec, text) => {
    expect(told('baseline', spec)).toBe(text);
  });

  it('is what a release had: annotations before there were fields, and more sysctls later', () => {
    const annotations = { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' };
    expect(told('baseline', {}, 18, annotations)).toBe(
      'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")',
    );
    expect(told('baseline', {}, 19, annotations)).toBe('');
    const spec = { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem', value: '1' }] } };
    expect([told('baseline', spec, 31), told('baseline', spec, 32), told('baseline', spec, 99)]).toEqual([
      'forbidden sysctls (net.ipv4.tcp_rmem)',
      '',
      '',
    ]);
  });
});

describe('restricted', () => {
  it('asks of a Pod that says nothing for everything', () => {
    expect(told('restricted', { securityContext: {}, containers: [{ name: 'c', image: 'i' }] })).toBe(
      'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), ' +
        'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), ' +
        'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), ' +
        'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
    expect(told('restricted', {})).toBe('');
  });

  it('looks at root of a user namespace as at anybody', () => {
    const spec: Partial<PodSpec> = { hostUsers: false, securityContext: { ...SOUND.securityContext, runAsUser: 0, runAsNonRoot: false } };
    expect(told('restricted', spec)).toBe('');
    expect(told('restricted', spec, 34)).toBe(
      'runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false), runAsUser=0 (pod must not set runAsUser=0)',
    );
  });

  it('names volumes of other kinds', () => {
    const volumes = [
      { name: 'a', hostPath: { path: '/' } },
      { name: 'b', nfs: { server: 's', path: '/' } },
      { name: 'c', emptyDir: {} },
    ];
    expect(told('restricted', { volumes })).toBe(
      'restricted volume types (volumes "a", "b" use restricted volume types "hostPath", "nfs")',
    );
  });

  it('looks at containers that came for debugging too', () => {
    const spec = { ephemeralContainers: [{ name: 'e', image: 'i', securityContext: { allowPrivilegeEscalation: false } }] };
    expect(told('restricted', spec)).toBe('unrestricted capabilities (container "e" must set securityContext.capabilities.drop=["ALL"])');
  });
});

describe('labels of a namespace', () => {
  const read = (labels: Readonly<Record<string, string>>) => {
    const report = createReport();
    const prefixed = Object.fromEntries(Object.entries(labels).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value]));
    const { enforce, audit, warn } = readPolicy(prefixed, report);
    return [...[enforce, audit, warn].map(levelText), ...report.errors.map(({ message }) => message)];
  };

  it('enforce, and warn of what is enforced unless they say otherwise', () => {
    expect(read({})).toEqual(['privileged:latest', 'privileged:latest', 'privileged:latest']);
    expect(read({ enforce: 'baseline', 'enforce-version': 'v1.25' })).toEqual(['baseline:v1.25', 'privileged:latest', 'baseline:v1.25']);
    expect(read({ enforce: 'restricted', warn: 'privileged', 'warn-version': 'v1.30' })).toEqual([
      'restricted:latest',
      'privileged:latest',
      'privileged:v1.30',
    ]);
  });

  it('that cannot be read are reported, enforce the most and warn of nothing', () => {
    expect(read({ enforce: 'x', warn: 'y', 'audit-version': 'v1.01' })).toEqual([
      'restricted:latest',
      'privileged:latest',
      'privileged:latest',
      'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "x": must be one of privileged, baseline, restricted',
      'metadata.labels[pod-security.kubernetes.io/audit-version]: Invalid value: "v1.01": must be "latest" or "v1.x"',
      'metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: "y": must be one of privileged, baseline, restricted',
    ]);
  });
});
