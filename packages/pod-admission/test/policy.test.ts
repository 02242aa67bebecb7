import { type Pod, parseManifest } from '@solo-kubelet/pod-spec';
import { firstValueFrom, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type Admission, inOrder, isRejection, parsePolicy, policyAdmission, rejectionReason } from '../src/index.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const policyOf = (rules: string) => {
  const parsed = parsePolicy(
    `apiVersion: solo-kubelet.dev/v1alpha1\nkind: AdmissionPolicy\nmetadata: {name: site}\nspec:\n  rules:\n${rules}`,
    {
      path: '/etc/admission.yaml',
    },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.policy;
};
const podOf = (spec: string, metadata = 'name: web'): Pod => {
  const [document] = parseManifest(`apiVersion: v1\nkind: Pod\nmetadata: {${metadata}}\nspec: ${spec}\n`, {
    path: 'a',
    nodeName: 'n1',
  }).documents;
  if (document?.result.ok !== true) throw new Error(JSON.stringify(document?.result));
  return document.result.pod;
};
const REQUEST = { kind: 'Pod', namespace: 'default', name: 'web-n1', nodeName: 'n1', mayChange: true };
const admit = async (rules: string, pod: Pod, request = REQUEST) => firstValueFrom(policyAdmission(policyOf(rules))(pod, request));
const told = async (rules: string, pod: Pod, request = REQUEST) => {
  const outcome = await admit(rules, pod, request);
  return isRejection(outcome) ? rejectionReason(outcome) : outcome.spec.containers.map(({ image }) => image).join(' ');
};

describe('images', () => {
  const MIRROR =
    '  - name: mirror\n    rewriteImages: [{from: docker.io/library/redis, to: r.site/redis}, {from: docker.io, to: r.site:5000/hub/}]\n';
  it.each([
    ['nginx', 'r.site:5000/hub/library/nginx'],
    ['nginx:1.25', 'r.site:5000/hub/library/nginx:1.25'],
    ['acme/app', 'r.site:5000/hub/acme/app'],
    ['index.docker.io/acme/app:1', 'r.site:5000/hub/acme/app:1'],
    [`docker.io/library/nginx:1@${DIGEST}`, `r.site:5000/hub/library/nginx:1@${DIGEST}`],
    ['redis:7', 'r.site/redis:7'],
    ['redis-stack', 'r.site:5000/hub/library/redis-stack'],
    ['ghcr.io/a/b:2', 'ghcr.io/a/b:2'],
    ['localhost:5000/a', 'localhost:5000/a'],
  ])('%s is taken from %s', async (image, expected) => {
    expect(await told(MIRROR, podOf(`{containers: [{name: c, image: "${image}"}]}`))).toBe(expected);
  });

  it('of init containers and of volumes are rewritten as well, and judged where they come out', async () => {
    const rules = `  - name: registries\n    allowedImages: [r.site:5000]\n${MIRROR}`;
    const spec =
      '{initContainers: [{name: i, image: busybox}], containers: [{name: c, image: nginx}], volumes: [{name: v, image: {reference: acme/data}}]}';
    const outcome = (await admit(rules, podOf(spec))) as Pod;
    expect(outcome.spec.initContainers?.[0]?.image).toBe('r.site:5000/hub/library/busybox');
    expect(outcome.spec.volumes?.[0]?.image?.reference).toBe('r.site:5000/hub/acme/data');
  });

  it('need a digest, or a registry that is allowed', async () => {
    expect(await told('  - name: pinned\n    requireDigests: true\n', podOf('{containers: [{name: c, image: "nginx:1"}]}'))).toBe(
      'admission policy /etc/admission.yaml, rule "pinned", denied the request: spec.containers[0].image: "nginx:1" has no digest',
    );
    const allowed = '  - name: registries\n    allowedImages: [ghcr.io/acme, docker.io/library/nginx]\n';
    expect(await told(allowed, podOf('{containers: [{name: c, image: nginx}, {name: d, image: ghcr.io/acme/x}]}'))).toBe(
      'nginx ghcr.io/acme/x',
    );
    expect(await told(allowed, podOf('{containers: [{name: c, image: ghcr.io/acmee/x}]}'))).toBe(
      'admission policy /etc/admission.yaml, rule "registries", denied the request: spec.containers[0].image: "ghcr.io/acmee/x" is of no registry that is allowed: ghcr.io/acme, docker.io/library/nginx',
    );
  });
});

describe('a rule', () => {
  const SECURE = '  - name: secure\n    except: [{namespace: kube-system}, {name: "vpn-*"}]\n    podSecurity: {level: baseline}\n';
  const host = podOf('{hostNetwork: true, containers: [{name: c, image: a, securityContext: {privileged: true}}]}');
  it('denies by the Pod Security Standards, in their words, but for whom it leaves out', async () => {
    expect(await told(SECURE, host)).toBe(
      'admission policy /etc/admission.yaml, rule "secure", denied the request: spec: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), privileged (container "c" must not set securityContext.privileged=true)',
    );
    for (const request of [
      { ...REQUEST, namespace: 'kube-system' },
      { ...REQUEST, name: 'vpn-a-n1' },
      { ...REQUEST, name: 'vpn-a' },
    ])
      expect(await admit(SECURE, host, request)).toBe(host);
    expect(await told(SECURE, host, { ...REQUEST, name: 'my-vpn-a' })).toContain('denied');
    const one = '  - name: paths\n    podSecurity: {level: baseline, checks: [hostPathVolumes]}\n';
    expect(await admit(one, host)).toBe(host);
  });

  it('counts in its namespaces alone', async () => {
    const rules = '  - name: pinned\n    namespaces: [prod-*]\n    requireDigests: true\n';
    expect(await admit(rules, host)).toBe(host);
    expect(await told(rules, host, { ...REQUEST, namespace: 'prod-1' })).toContain('has no digest');
  });

  it('adds what is not there, and leaves what is', async () => {
    const rules =
      '  - name: site\n    add: {labels: {site: berlin, app: x}, annotations: {a/b: c}, env: [{name: SITE, value: berlin}, {name: TZ, value: UTC}]}\n';
    const pod = podOf('{containers: [{name: c, image: a, env: [{name: TZ, value: CET}]}]}', 'name: web, labels: {app: web}');
    const outcome = (await admit(rules, pod)) as Pod;
    expect(outcome.metadata.labels).toEqual({ app: 'web', site: 'berlin' });
    expect(outcome.metadata.annotations).toMatchObject({ 'a/b': 'c' });
    expect(outcome.spec.containers[0]?.env).toEqual([
      { name: 'TZ', value: 'CET' },
      { name: 'SITE', value: 'berlin' },
    ]);
    expect(await admit(rules, outcome)).toBe(outcome);
  });

  it('gives defaults and holds bounds as a LimitRange does', async () => {
    const rules =
      '  - name: limits\n    limits: [{type: Container, default: {memory: 128Mi}, defaultRequest: {cpu: 10m}, max: {memory: 1Gi}}]\n';
    const outcome = (await admit(rules, podOf('{containers: [{name: c, image: a}]}'))) as Pod;
    expect(outcome.spec.containers[0]?.resources).toEqual({ limits: { memory: '128Mi' }, requests: { cpu: '10m', memory: '128Mi' } });
    expect(await told(rules, podOf('{containers: [{name: c, image: a}, {name: d, image: a, resources: {limits: {memory: 2Gi}}}]}'))).toBe(
      'admission policy /etc/admission.yaml, rule "limits", denied the request: spec.containers[1].resources: maximum memory usage per Container is 1Gi, but limit is 2Gi',
    );
  });

  it('that would make an invalid Pod rejects it', async () => {
    const rules = '  - name: limits\n    limits: [{type: Container, default: {cpu: "1"}}]\n';
    expect(await told(rules, podOf('{containers: [{name: c, image: a, resources: {requests: {cpu: "2"}}}]}'))).toMatch(
      /rule "limits", denied the request: spec\.containers\[0\]\.resources\.requests: it made a Pod that can not be used: .*must be less than or equal to cpu limit/,
    );
  });

  it('only judges a Pod that may not be changed', async () => {
    const rules =
      '  - name: mirror\n    rewriteImages: [{from: docker.io, to: r.site}]\n  - name: registries\n    allowedImages: [r.site]\n';
    const pod = podOf('{containers: [{name: c, image: nginx}]}');
    expect(await told(rules, pod)).toBe('r.site/library/nginx');
    expect(await told(rules, pod, { ...REQUEST, mayChange: false })).toContain('"nginx" is of no registry that is allowed');
  });
});

describe('steps in order', () => {
  const pod = podOf('{containers: [{name: c, image: a}]}');
  const label =
    (name: string): Admission =>
    (given) =>
      of({
        ...given,
        metadata: {
          ...given.metadata,
          labels: { ...given.metadata.labels, [name]: String(Object.keys(given.metadata.labels ?? {}).length) },
        },
      });
  it('see what those before them made, and end with a rejection', async () => {
    const outcome = (await firstValueFrom(inOrder(label('a'), label('b'))(pod, REQUEST))) as Pod;
    expect(outcome.metadata.labels).toEqual({ a: '0', b: '1' });
    const failing = [
      () => throwError(() => new Error('boom')),
      () => of(),
      () => {
        throw new Error('boom');
      },
    ];
    for (const step of failing) {
      const rejected = await firstValueFrom(inOrder(label('a'), step as Admission, label('b'))(pod, REQUEST));
      expect(isRejection(rejected) && rejected.retryable).toBe(true);
    }
  });
});

describe('a file of a policy that can not be used', () => {
  const HEAD = 'apiVersion: solo-kubelet.dev/v1alpha1\nkind: AdmissionPolicy\nmetadata: {name: site}\n';
  it.each([
    ['', 'f:1:1: want an AdmissionPolicy of solo-kubelet.dev/v1alpha1'],
    ['a: [', /^f:1:\d+: /],
    [HEAD, 'f:1:1: spec: it is missing: want spec.rules'],
    [`${HEAD}spec: {rule: []}`, 'f:4:7: spec.rules: it is missing: want a list of rules'],
    [`${HEAD.replace('v1alpha1', 'v1')}spec: {rules: []}`, 'f:1:13: apiVersion: want solo-kubelet.dev/v1alpha1'],
    [`${HEAD}spec: {rules: [1]}`, 'f:4:16: spec.rules[0]: want a mapping with a name and one thing to do'],
    [`${HEAD}spec: {rules: [{name: a}]}`, /^f:4:16: spec\.rules\[0\]: a rule does one thing, one of rewriteImages, /],
    [`${HEAD}spec: {rules: [{name: a, requireDigest: true}]}`, /did you mean requireDigests\?/],
    [`${HEAD}spec: {rules: [{name: a, requireDigests: false}]}`, 'f:4:42: spec.rules[0].requireDigests: want true, or no such rule'],
    [
      `${HEAD}spec: {rules: [{name: a, requireDigests: true, podSecurity: {level: baseline}}]}`,
      /; this one has requireDigests and podSecurity$/,
    ],
    [
      `${HEAD}spec: {rules: [{name: a, podSecurity: {level: privileged}}]}`,
      'f:4:47: spec.rules[0].podSecurity.level: want one of baseline, restricted',
    ],
    [
      `${HEAD}spec: {rules: [{name: a, podSecurity: {level: baseline, checks: [hostPath]}}]}`,
      /spec\.rules\[0\]\.podSecurity\.checks\[0\]: want one of .*hostPathVolumes/,
    ],
    [`${HEAD}spec: {rules: [{name: a, allowedImages: [nginx]}]}`, /spec\.rules\[0\]\.allowedImages\[0\]: want a registry/],
    [
      `${HEAD}spec: {rules: [{name: a, rewriteImages: [{from: docker.io, to: docker.io/mirror}]}]}`,
      /rewriteImages\[0\]\.to: it lies under from/,
    ],
    [`${HEAD}spec: {rules: [{name: a, add: {labels: {a b: c}}}]}`, /spec\.rules\[0\]\.add\.labels\[a b\]: /],
    [`${HEAD}spec: {rules: [{name: a, limits: [{type: Container, max: {cpu: 1x}}]}]}`, /^f:4:34: spec\.rules\[0\]\.limits: /],
    [
      `${HEAD}spec: {rules: [{name: a, limits: [{type: PersistentVolumeClaim, max: {storage: 1Gi}}]}]}`,
      /want limits of type Container or Pod/,
    ],
    [`${HEAD}spec: {rules: [{name: a, plugin: {module: ./a.mjs}}]}`, /plugin\.module: want the name of a package/],
    [`${HEAD}spec: {rules: [{name: a, plugin: {module: a, timeout: 1h}}]}`, /plugin\.timeout: want a duration from 10ms to 30s/],
    [`${HEAD}spec: {rules: [{name: a, requireDigests: true}, {name: a, requireDigests: true}]}`, /two rules have the name "a"/],
    [`${HEAD}spec: {rules: [{name: a, except: [{}], requireDigests: true}]}`, /except\[0\]: want a namespace, a name, or both/],
    [`${HEAD}spec: {rules: []}\n---\n${HEAD}`, /one file holds one policy/],
  ])('%j', (text, expected) => {
    const parsed = parsePolicy(text, { path: 'f' });
    if (parsed.ok) throw new Error('it was taken');
    const [issue] = parsed.issues;
    const line = `f:${issue?.line}:${issue?.column}: ${issue?.field ? `${issue.field}: ` : ''}${issue?.message}`;
    if (typeof expected === 'string')
      expect(parsed.issues.map((each) => `f:${each.line}:${each.column}: ${each.field ? `${each.field}: ` : ''}${each.message}`)).toContain(
        expected,
      );
    else expect(line).toMatch(expected);
  });
});
