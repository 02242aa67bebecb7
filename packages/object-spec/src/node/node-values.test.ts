import type { Pod } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { type NodeValues, parseMixedManifest, parseNodeValues } from '../index.js';

const FILE = `apiVersion: solo-kubelet.dev/v1alpha1
kind: NodeValues
values:
  site: berlin
  registry: registry.berlin.example:5000
  camera: "rtsp://10.1.2.3/stream?user=$HOME&x=$(PATH)"
  quote: '"}, {"image": "evil"}, # '
  device: /dev/ttyUSB0
`;
const valuesOf = (text = FILE): NodeValues => parseNodeValues(text, { path: 'node-values.yaml', nodeName: 'box-7' });

const pod = (containers: string, more = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers:\n  - ${containers}\n${more}`;
const parse = (text: string, nodeValues?: NodeValues) =>
  parseMixedManifest(text, { path: 'site.yaml', nodeName: 'box-7', ...(nodeValues && { nodeValues }) }).documents.map(
    ({ result }) => result,
  );
const podOf = (text: string, values = valuesOf()): Pod => {
  const [result] = parse(text, values);
  if (result?.ok !== true || !('pod' in result)) throw new Error(JSON.stringify(result));
  return result.pod;
};
const problemOf = (text: string, values: NodeValues = valuesOf()): unknown => {
  const [result] = parse(text, values);
  if (result === undefined || result.ok) return undefined;
  const [issue] = result.issues;
  return `${issue?.line}:${issue?.column} ${issue?.message}`;
};

describe('values of the node', () => {
  it('are filled into the fields that may have them', () => {
    const filled = podOf(`apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: { site: $(node.site) }
  annotations: { where: "in $(node.site), $(node.site)" }
spec:
  hostname: $(node.site)
  initContainers:
  - { name: init, image: $(node.registry)/init:1, command: [sh, -c, "echo $(node.name)"] }
  containers:
  - name: app
    image: $(node.registry)/app:1
    args: [--site=$(node.site), $(HOME)]
    env: [{ name: SITE, value: $(node.site) }]
  volumes:
  - { name: serial, hostPath: { path: $(node.device) } }
`);
    expect(filled.metadata).toMatchObject({ labels: { site: 'berlin' }, annotations: { where: 'in berlin, berlin' } });
    expect(filled.spec).toMatchObject({
      hostname: 'berlin',
      initContainers: [{ image: 'registry.berlin.example:5000/init:1', command: ['sh', '-c', 'echo box-7'] }],
      containers: [
        { image: 'registry.berlin.example:5000/app:1', args: ['--site=berlin', '$(HOME)'], env: [{ name: 'SITE', value: 'berlin' }] },
      ],
      volumes: [{ hostPath: { path: '/dev/ttyUSB0' } }],
    });
  });

  it('reach the Pods of workloads, and labels and annotations of all kinds', () => {
    const template = (indent: string): string =>
      `template:\n  metadata: { labels: { app: web, site: $(node.site) } }\n  spec: { restartPolicy: Never, containers: [{ name: app, image: $(node.registry)/a }] }`
        .split('\n')
        .map((line) => indent + line)
        .join('\n');
    const [job, cronJob, config] = parse(
      [
        `apiVersion: batch/v1\nkind: Job\nmetadata: { name: a }\nspec:\n${template('  ')}`,
        `apiVersion: batch/v1\nkind: CronJob\nmetadata: { name: b }\nspec:\n  schedule: "* * * * *"\n  jobTemplate:\n    spec:\n${template('      ')}`,
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c, labels: { site: $(node.site) } }\ndata: { text: $(node.site) }',
      ].join('\n---\n'),
      valuesOf(),
    );
    expect(job).toMatchObject({ ok: true, object: { spec: { template: { metadata: { labels: { site: 'berlin' } } } } } });
    expect(cronJob).toMatchObject({
      object: { spec: { jobTemplate: { spec: { template: { spec: { containers: [{ image: 'registry.berlin.example:5000/a' }] } } } } } },
    });
    // The data of a ConfigMap is the business of whoever reads it.
    expect(config).toMatchObject({ object: { metadata: { labels: { site: 'berlin' } }, data: { text: '$(node.site)' } } });
  });

  it('can not change what stands around them, nor be expanded by Kubernetes', () => {
    const { containers } = podOf(
      pod('{ name: app, image: i, args: ["$(node.quote)", $(node.camera)], env: [{ name: A, value: $(node.camera) }] }'),
    ).spec;
    expect(containers).toHaveLength(1);
    expect(containers[0]).toMatchObject({
      image: 'i',
      args: ['"}, {"image": "evil"}, # ', 'rtsp://10.1.2.3/stream?user=$$HOME&x=$$(PATH)'],
      env: [{ name: 'A', value: 'rtsp://10.1.2.3/stream?user=$$HOME&x=$$(PATH)' }],
    });
    expect(
      podOf(
        '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"app","image":"i","args":["\\u0024(node.quote)"]}]}}',
      ).spec.containers[0]?.args,
    ).toEqual(['"}, {"image": "evil"}, # ']);
  });

  it('are escaped as in Kubernetes', () => {
    const { spec, metadata } = podOf(
      `${pod('{ name: app, image: i, args: ["$$(node.site)", "$$$(node.site)", "$$x$(node.site)$$", "$(node.)", "$(node)", "(node.site)"] }')}`.replace(
        '{ name: web }',
        () => '{ name: web, annotations: { a: "$$(node.site)", b: "$$$(node.site)", c: "$$5", d: "$$$$(node.site)" } }',
      ),
    );
    expect(spec.containers[0]?.args).toEqual(['$$(node.site)', '$$berlin', '$$xberlin$$', '$(node.)', '$(node)', '(node.site)']);
    expect(metadata.annotations).toMatchObject({ a: '$(node.site)', b: '$berlin', c: '$$5', d: '$$(node.site)' });
  });

  it('are checked as what they become, in their place', () => {
    expect(problemOf(pod('{ name: app, image: i }', '  hostname: $(node.registry)\n'))).toMatch(/^7:13 .*hostname/);
    expect(problemOf(pod('{ name: app, image: i }', '  volumes: [{ name: a, hostPath: { path: ../$(node.site) } }]\n'))).toMatch(
      /hostPath/,
    );
  });

  it('refuse a document that asks for one that there is not', () => {
    expect(problemOf(pod('{ name: app, image: $(node.sit)/a }'))).toBe(
      '6:25 spec.containers[0].image: there is no value for $(node.sit) on this node',
    );
    for (const name of ['constructor', '__proto__', 'toString'])
      expect(problemOf(pod(`{ name: app, image: i, args: ["$(node.${name})"] }`))).toMatch(
        /spec\.containers\[0\]\.args\[0\]: there is no value/,
      );
    expect(problemOf(pod('{ name: app, image: i, env: [{ name: node.site, value: x }], args: [$(node.site)] }'))).toMatch(
      /the container has a variable node\.site as well/,
    );
    expect(problemOf(pod('{ name: app, image: $(node.site) }'), valuesOf('values: 1'))).toMatch(
      /there is no value for \$\(node\.site\) on this node: node-values\.yaml:1:1: values: want a mapping/,
    );
  });

  it('are left alone elsewhere, with a warning', () => {
    const [result] = parse(pod('{ name: app, image: i, args: [$(node.site)] }'));
    expect(result).toMatchObject({ ok: true, pod: { spec: { containers: [{ args: ['$(node.site)'] }] } } });
    expect(result?.ok === true && result.warnings.map(({ message }) => message)).toEqual([
      'spec.containers[0].args[0]: $(node.site) is filled in in verified sources only: here it stays as it is',
    ]);
    const [own] = parse(pod('{ name: app, image: i, env: [{ name: node.site, value: x }], args: [$(node.site)] }'));
    expect(own?.ok === true && own.warnings).toEqual([]);
  });

  it('cost no more in a text of nothing but dollar signs', () => {
    const before = performance.now();
    const text = `${'$'.repeat(1_000_001)}x(node.site)${'$'.repeat(1_000_001)}(node.site)`;
    expect(podOf(pod(`{ name: app, image: i, args: ["${text}"] }`)).spec.containers[0]?.args?.[0]).toHaveLength(
      text.length - '(node.site)'.length + 5,
    );
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('cost no more where aliases multiply a document', () => {
    const list = (name: string, of: string): string => `${name}: &${name} [${Array.from({ length: 10 }, () => `*${of}`).join(', ')}]\n`;
    const text = `a: &a [x$(node.site)]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name, at) => list(name, 'abcdefghi'[at] ?? 'a')).join('')}`;
    const before = performance.now();
    parse(`apiVersion: v1\nkind: Pod\nmetadata: { name: web, annotations: *i }\nspec: { containers: *i }\n${text}`, valuesOf());
    parse(`${text}apiVersion: v1\nkind: Pod\nmetadata: { name: web, annotations: *i }\nspec: { containers: *i }\n`, valuesOf());
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});

it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf'])(
  'a document may call itself %s: it is refused like any other',
  (kind) => {
    const { documents } = parseMixedManifest(`apiVersion: v1\nkind: ${kind}\nmetadata: {name: a}\n`, {
      path: 'a.yaml',
      nodeName: 'box-7',
      source: 'url',
      nodeValues: { values: { name: 'box-7' } },
    });
    expect(documents.map(({ result }) => result.ok)).toEqual([false]);
  },
);

describe('a file of node values', () => {
  it('has texts by their names, and that of the node', () =>
    expect(valuesOf()).toMatchObject({ values: { name: 'box-7', site: 'berlin', device: '/dev/ttyUSB0' } }));

  it.each([
    ['', '1:1: want a NodeValues'],
    ['a: [', '1:'],
    ['[]', '1:1: want a NodeValues'],
    [FILE.replace('NodeValues', 'Values'), '2:1: kind: want NodeValues'],
    [FILE.replace('v1alpha1', 'v1'), '1:1: apiVersion: want solo-kubelet.dev/v1alpha1'],
    [FILE.replace('kind: NodeValues\n', ''), '1:1: kind: it is missing'],
    [FILE.replace('values:', 'vals:'), '3:1: vals: there is no such field'],
    [FILE.replace('site: berlin', 'site: 1'), '4:3: values.site: want a text: put it into quotes'],
    [FILE.replace('site: berlin', 'site: [berlin]'), '4:3: values.site: want a text'],
    [FILE.replace('site: berlin', 'site: "a\\nb"'), '4:3: values.site: it may have no line breaks'],
    [FILE.replace('site: berlin', 'name: berlin'), '4:3: values.name: it is the name of the node'],
    [FILE.replace('site: berlin', '"a b": berlin'), '4:3: values.a b: want a name'],
    [FILE.replace('site: berlin', `site: ${'x'.repeat(5_000)}`), '4:3: values.site: it has more than 4096'],
    [`${FILE}---\n${FILE}`, 'one file holds the values of one node'],
  ])('says what is wrong with it, and then has none: %#', (text, problem) => {
    const { values, problem: found } = valuesOf(text);
    expect(found).toMatch(/^node-values\.yaml:\d+:\d+: /);
    expect(found).toContain(problem);
    expect(values).toEqual({ name: 'box-7' });
  });
});
