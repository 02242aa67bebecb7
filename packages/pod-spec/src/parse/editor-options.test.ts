import { describe, expect, it } from 'vitest';
import { type ParsePodOptions, parseManifest, parsePod } from './parse-pod.js';
import { byPlace, type PodSpecIssue } from './pod-spec-issue.js';

const base = { path: 'web.yaml', nodeName: 'node1' };
const issuesOf = (text: string, options: Partial<ParsePodOptions> = {}): readonly PodSpecIssue[] => {
  const result = parsePod(text, { ...base, ...options });
  return result.ok ? result.warnings : result.issues;
};
const CONTAINERS = 'spec:\n  containers:\n  - name: a\n    image: b:1\n';
const pod = (text: string): string => `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n${text}`;

describe('a Pod without a name', () => {
  const nameless = `apiVersion: v1\nkind: Pod\n${CONTAINERS}`;
  it('is refused, unless names are optional', () => {
    expect(issuesOf(nameless)).toMatchObject([{ code: 'MANIFEST_NAME' }]);
    expect(parsePod(nameless, { ...base, nameOptional: true })).toMatchObject({ ok: true, pod: { metadata: { name: 'unnamed-node1' } } });
  });
});

describe('a template', () => {
  it('needs no apiVersion, kind and name', () => {
    expect(issuesOf(CONTAINERS)[0]?.code).toBe('MANIFEST_KIND');
    expect(parsePod(CONTAINERS, { ...base, template: true }).ok).toBe(true);
    expect(parseManifest(`${CONTAINERS}---\n${CONTAINERS}`, { ...base, template: true }).documents.map(({ result }) => result.ok)).toEqual([
      true,
      true,
    ]);
  });

  it.each([
    ['Deployment', 'spec:\n  template:\n    spec:\n      containers:\n      - name: a\n        image: " b"\n', 8],
    [
      'CronJob',
      'spec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n          - name: a\n            image: " b"\n',
      10,
    ],
  ])('is found in a %s, and its issues stand where they are', (kind, text, line) => {
    expect(issuesOf(`apiVersion: x/v1\nkind: ${kind}\n${text}`, { template: true })).toMatchObject([
      { field: 'spec.containers[0].image', line },
    ]);
  });
});

describe('rules after values that could not be decoded', () => {
  const text = pod(
    'spec:\n  containers:\n  - name: a\n    image: 5\n    ports:\n    - containerPort: 99999\n    livenessProbe:\n      httpGet: here\n    resources:\n      limits:\n        cpu: much\n  - name: B\n    image: b:1\n  restartPolicy: Sometimes\n',
  );
  const errors = (options?: Partial<ParsePodOptions>) =>
    issuesOf(text, options)
      .filter(({ severity }) => severity === 'error')
      .map(({ field }) => field);
  const DECODE = ['spec.containers[0].image', 'spec.containers[0].livenessProbe.httpGet', 'spec.containers[0].resources.limits[cpu]'];

  it('are not applied by default, as in a kubelet', () => expect(errors().toSorted()).toEqual(DECODE));

  it('are applied when asked for, without what only follows', () => {
    const all = errors({ rulesAfterDecodeErrors: true });
    expect(all.toSorted()).toEqual(
      [...DECODE, 'spec.containers[0].ports[0].containerPort', 'spec.containers[1].name', 'spec.restartPolicy'].toSorted(),
    );
  });

  it('tell a missing name too, unless it is optional', () => {
    const nameless = text.replace('  name: web\n', '  labels: {}\n');
    const codes = (options: Partial<ParsePodOptions>) =>
      issuesOf(nameless, { rulesAfterDecodeErrors: true, ...options }).map(({ code }) => code);
    expect(codes({})).toContain('MANIFEST_NAME');
    expect(codes({ nameOptional: true })).not.toContain('MANIFEST_NAME');
  });

  it('never throw, whatever stands in place of a value', () => {
    const whole: object = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'web',
        labels: { a: 'b' },
        annotations: { a: 'b' },
        deletionTimestamp: '2026-01-31T12:00:00Z',
        ownerReferences: [{ name: 'a' }],
      },
      spec: {
        containers: [
          {
            name: 'a',
            image: 'b:1',
            command: ['c'],
            args: ['d'],
            env: [
              { name: 'E', value: 'f' },
              { name: 'F', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            ],
            envFrom: [{ configMapRef: { name: 'x' } }],
            ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }],
            resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1' }, claims: [{ name: 'a' }] },
            volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'a' }],
            volumeDevices: [{ name: 'v', devicePath: '/d' }],
            livenessProbe: { httpGet: { port: 80, path: '/', httpHeaders: [{ name: 'a', value: 'b' }] }, periodSeconds: 1 },
            startupProbe: { grpc: { port: 1 } },
            lifecycle: { preStop: { exec: { command: ['a'] } }, stopSignal: 'SIGTERM' },
            securityContext: {
              capabilities: { add: ['A'] },
              seccompProfile: { type: 'Localhost', localhostProfile: 'a' },
              runAsUser: 1,
              seLinuxOptions: {},
            },
            restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }],
            resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }],
          },
        ],
        initContainers: [{ name: 'i', image: 'b:1', restartPolicy: 'Always' }],
        ephemeralContainers: [{ name: 'e', image: 'b:1' }],
        volumes: [
          { name: 'v', emptyDir: { sizeLimit: '1Gi', medium: 'Memory' } },
          { name: 'p', projected: { sources: [{ downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.name' } }] } }] } },
          { name: 'h', hostPath: { path: '/a', type: 'Directory' } },
          {
            name: 'c',
            ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } } },
          },
        ],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
            },
          },
          podAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, podAffinityTerm: { topologyKey: 'a', labelSelector: { matchLabels: { a: 'b' } } } },
            ],
          },
        },
        tolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: 1 }],
        topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} }],
        hostAliases: [{ ip: '1.2.3.4', hostnames: ['a'] }],
        dnsConfig: { nameservers: ['1.1.1.1'], options: [{ name: 'a', value: 'b' }] },
        securityContext: { sysctls: [{ name: 'a', value: 'b' }], supplementalGroups: [1], fsGroup: 1 },
        readinessGates: [{ conditionType: 'a' }],
        resourceClaims: [{ name: 'a', resourceClaimName: 'b' }],
        schedulingGates: [{ name: 'a' }],
        imagePullSecrets: [{ name: 'a' }],
        overhead: { cpu: '1' },
        nodeSelector: { a: 'b' },
        os: { name: 'linux' },
        terminationGracePeriodSeconds: 1,
      },
    };
    const WRONG = ['x', 5, 1.5, true, [], {}, [null], ['x'], [5], [[]], { x: 5 }, { x: {} }, 'é\u0000', -1e300];
    const places: (readonly (string | number)[])[] = [];
    const walk = (value: unknown, at: readonly (string | number)[]): void => {
      if (at.length > 0) places.push(at);
      if (typeof value !== 'object' || value === null) return;
      for (const key of Object.keys(value))
        walk((value as Record<string, unknown>)[key], [...at, Array.isArray(value) ? Number(key) : key]);
    };
    walk(whole, []);
    let checked = 0;
    for (const [index, at] of places.entries()) {
      // Every place gets two of the values, and every value comes in many places.
      for (const wrong of WRONG.filter((_, number) => number % 7 === index % 7)) {
        const copy = structuredClone(whole) as Record<string | number, unknown>;
        const parent = at.slice(0, -1).reduce((each, key) => each[key] as Record<string | number, unknown>, copy);
        parent[at.at(-1) ?? ''] = wrong;
        parsePod(JSON.stringify(copy), { ...base, rulesAfterDecodeErrors: true });
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(400);
  });
});

describe('fixes', () => {
  it.each([
    ['a misspelt name', pod(CONTAINERS.replace('image', 'imge')), 'image'],
    ['a number that is to be a text', pod(`${CONTAINERS}    command: [1]\n`), '"1"'],
    ['a quoted number', pod(`${CONTAINERS}    ports:\n    - containerPort: "80"\n`), '80'],
    ['a quoted truth', pod(`${CONTAINERS}    stdin: "yes"\n`), 'true'],
    [
      'a misspelt name in quotes',
      JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'w' }, spec: { containers: [{ name: 'a', imge: 'b:1' }] } }),
      '"image"',
    ],
  ])('of %s make a manifest that can run', (_, text, wanted) => {
    const [fix] = issuesOf(text).flatMap((issue) => issue.fix ?? []);
    if (fix === undefined) throw new Error('no fix');
    expect(fix.with).toBe(wanted);
    const { line, column, endColumn } = fix.replace;
    const lines = text.split('\n');
    const old = lines[line - 1] ?? '';
    lines[line - 1] = `${old.slice(0, column - 1)}${fix.with}${old.slice(endColumn - 1)}`;
    expect(parsePod(lines.join('\n'), base)).toMatchObject({ ok: true, warnings: [] });
  });
});

it('orders issues from the top', () => {
  const text = pod('spec:\n  restartPolicy: Sometimes\n  containers:\n  - image: " "\n    name: B\n');
  const sorted = [...issuesOf(text)].sort(byPlace);
  expect(sorted.map(({ line }) => line)).toEqual(sorted.map(({ line }) => line).toSorted((a, b) => a - b));
  expect(sorted[0]?.field).toBe('spec.restartPolicy');
});
