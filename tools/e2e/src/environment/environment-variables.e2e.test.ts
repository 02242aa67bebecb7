import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { hasPhase, startNode, type TestNode, waitingFor } from '../kubelet/node.js';
import { dropAll, look, rejectionOf, type Sight, sightOf, viewer } from './looking.js';

const SIGNAL = { signal: new AbortController().signal };
/** The environment as the first process got it, in order. */
const ENVIRONMENT = "tr '\\0' '\\n' < /proc/1/environ";

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node?.[Symbol.asyncDispose]());

const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const resource = (name: string, of: string, more: object = {}) => ({ name, valueFrom: { resourceFieldRef: { resource: of, ...more } } });
const key = (name: string, path: string, of: string, more: object = {}) => ({
  name,
  valueFrom: { fileKeyRef: { volumeName: 'files', path, key: of, ...more } },
});
const variables = (sight: Sight): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (sight['environment'] ?? '').split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

describe('env', () => {
  it('expands what stands before it, keeps the order of the manifest, and takes the last of two', async () => {
    const env = [
      { name: 'ZULU', value: 'z' },
      { name: 'ALPHA', value: 'a-$(ZULU)' },
      { name: 'UNKNOWN', value: '$(LATER) $(NOWHERE)' },
      { name: 'ESCAPED', value: '$$(ZULU) $ZULU $(ZULU' },
      { name: 'EMPTY', value: '' },
      { name: 'LATER', value: 'later' },
      { name: 'TWICE', value: 'first' },
      { name: 'TWICE', value: '$(TWICE)-last' },
      { name: 'LINES', value: 'one\ntwo' },
    ];
    const container = { env, args: ['unused'] };
    await dropAll(node, [
      viewer('literal', { environment: ENVIRONMENT }, { container }),
      podManifest('expansion', {
        restartPolicy: 'Never',
        containers: [
          script('app', '', {
            env,
            command: ['sh', '-c', 'echo "$0|$1|$2"; printf "\\n@@end\\n"', '$(ALPHA)'],
            args: ['$(LATER)', '$$(LATER) $(NOWHERE)'],
          }),
        ],
      }),
    ]);
    const text = (await sightOf(node, 'literal'))['environment'] ?? '';
    const own = text.slice(text.indexOf('ZULU='));
    expect(own).toBe(
      'ZULU=z\nALPHA=a-z\nUNKNOWN=$(LATER) $(NOWHERE)\nESCAPED=$(ZULU) $ZULU $(ZULU\nEMPTY=\nLATER=later\nTWICE=first-last\nLINES=one\ntwo\nHOME=/root\n',
    );
    await sightOf(node, 'expansion');
    expect(await node.log('expansion')).toMatch(/^a-z\|later\|\$\(LATER\) \$\(NOWHERE\)\n/);
  });

  it("has no service variables and none of the kubelet, only the image's and the runtime's", async () => {
    await dropAll(node, [viewer('bare', { environment: ENVIRONMENT })]);
    expect(
      Object.keys(variables(await sightOf(node, 'bare')))
        .filter((name) => name !== '')
        .sort(),
    ).toEqual(['HOME', 'HOSTNAME', 'PATH']);
  });

  it('has the fields of the pod and the node', async () => {
    const env = [
      field('NAME', 'metadata.name'),
      field('NAMESPACE', 'metadata.namespace'),
      field('POD_UID', 'metadata.uid'),
      field('LABEL', "metadata.labels['app.kubernetes.io/name']"),
      field('ANNOTATION', "metadata.annotations['note']"),
      field('NO_LABEL', "metadata.labels['none']"),
      field('NODE', 'spec.nodeName'),
      field('ACCOUNT', 'spec.serviceAccountName'),
      field('HOST_IP', 'status.hostIP'),
      field('HOST_IPS', 'status.hostIPs'),
      field('POD_IP', 'status.podIP'),
      field('POD_IPS', 'status.podIPs'),
    ];
    const commands = { environment: ENVIRONMENT, address: "ip -4 -o addr show eth0 | awk '{print $4}' | cut -d/ -f1" };
    const metadata = { uid: 'fields-uid', labels: { 'app.kubernetes.io/name': 'shop' }, annotations: { note: 'hello there' } };
    await dropAll(node, [
      viewer('fields', commands, { container: { env } }, metadata),
      viewer('host-fields', { environment: ENVIRONMENT }, { hostNetwork: true, container: { env } }),
    ]);
    const sight = await sightOf(node, 'fields');
    const seen = variables(sight);
    const { status } = await node.pod('fields', hasPhase('Succeeded'));
    expect(seen).toMatchObject({
      NAME: 'fields-node1',
      NAMESPACE: 'default',
      POD_UID: 'fields-uid',
      LABEL: 'shop',
      ANNOTATION: 'hello there',
      NO_LABEL: '',
      NODE: 'node1',
      ACCOUNT: '',
      HOST_IP: status?.hostIP,
      HOST_IPS: status?.hostIPs?.map(({ ip }) => ip).join(','),
      POD_IP: sight['address']?.trim(),
    });
    expect(seen['POD_IPS']?.split(',')[0]).toBe(seen['POD_IP']);
    const onHost = variables(await sightOf(node, 'host-fields'));
    expect(onHost['POD_IP']).toBe(seen['HOST_IP']);
    expect(onHost['POD_IPS']).toBe(seen['HOST_IPS']);
    expect(onHost['POD_IP']).not.toBe('');
    const { status: hostStatus } = await node.pod('host-fields', hasPhase('Succeeded'));
    expect(hostStatus).toMatchObject({ podIP: onHost['POD_IP'], hostIP: onHost['HOST_IP'] });
  });

  it("has resources, rounded up to the divisor, and the node's where there is no limit", async () => {
    const env = [
      resource('CPU', 'limits.cpu'),
      resource('MILLI', 'limits.cpu', { divisor: '1m' }),
      resource('MEMORY', 'limits.memory'),
      resource('MEBI', 'limits.memory', { divisor: '1Mi' }),
      resource('GIBI', 'limits.memory', { divisor: '1Gi' }),
      resource('REQUEST', 'requests.cpu', { divisor: '1m' }),
      resource('DISK', 'requests.ephemeral-storage', { divisor: '1Mi' }),
      resource('OTHER', 'requests.memory', { containerName: 'other', divisor: '1Mi' }),
      resource('NODE_CPU', 'limits.cpu', { containerName: 'other', divisor: '1m' }),
      resource('NODE_MEMORY', 'limits.memory', { containerName: 'other' }),
      resource('NO_REQUEST', 'requests.cpu', { containerName: 'other', divisor: '1m' }),
    ];
    const resources = { limits: { cpu: '1500m', memory: '100Mi' }, requests: { cpu: '10m', memory: '8Mi', 'ephemeral-storage': '1500Ki' } };
    await dropAll(node, [
      podManifest('resource-fields', {
        restartPolicy: 'Never',
        containers: [
          script('app', look({ environment: ENVIRONMENT }), { env, resources }),
          script('other', 'true', { resources: { requests: { memory: '3Mi' } } }),
        ],
      }),
      podManifest('pod-level', {
        restartPolicy: 'Never',
        resources: { limits: { cpu: '700m', memory: '48Mi' } },
        containers: [
          script('app', look({ environment: ENVIRONMENT }), {
            env: [resource('MILLI', 'limits.cpu', { divisor: '1m' }), resource('MEBI', 'limits.memory', { divisor: '1Mi' })],
          }),
        ],
      }),
    ]);
    const seen = variables(await sightOf(node, 'resource-fields'));
    const { status } = (await node.api.getNode(SIGNAL)) as { status: { allocatable: Record<string, string> } };
    expect(seen).toMatchObject({
      CPU: '2',
      MILLI: '1500',
      MEMORY: '104857600',
      MEBI: '100',
      GIBI: '1',
      REQUEST: '10',
      DISK: '2',
      OTHER: '3',
      NODE_CPU: String(Number(status.allocatable['cpu']) * 1_000),
      NODE_MEMORY: String(Number.parseInt(status.allocatable['memory'] ?? '', 10) * 1_024),
      NO_REQUEST: '0',
    });
    expect(variables(await sightOf(node, 'pod-level'))).toMatchObject({ MILLI: '700', MEBI: '48' });
  });

  it('has keys of a file that an init container wrote, and waits while a file is missing', async () => {
    const volumeMounts = [{ name: 'files', mountPath: '/files' }];
    const file = "# made by init\nPLAIN='plain value'\nLINES='one\ntwo' # after\nEMPTY=''\nPLAIN='second'\n";
    await dropAll(node, [
      podManifest('file-keys', {
        restartPolicy: 'Never',
        volumes: [{ name: 'files', emptyDir: {} }],
        initContainers: [script('init', `cat > /files/env <<'END'\n${file}END\nln -s /etc/passwd /files/outside`, { volumeMounts })],
        containers: [
          script('app', look({ environment: ENVIRONMENT }), {
            env: [
              key('PLAIN', 'env', 'PLAIN'),
              key('LINES', 'env', 'LINES'),
              key('ABSENT', 'env', 'NONE', { optional: true }),
              { name: 'USES', value: '<$(PLAIN)>' },
            ],
          }),
        ],
      }),
      podManifest('file-late', {
        restartPolicy: 'Never',
        volumes: [{ name: 'files', emptyDir: {} }],
        containers: [
          script('writer', 'while [ ! -e /files/go ]; do sleep 0.1; done; echo "LATE=\'came\'" > /files/env', { volumeMounts }),
          script('app', look({ environment: ENVIRONMENT }), { env: [key('LATE', 'env', 'LATE')] }),
        ],
      }),
    ]);
    const seen = variables(await sightOf(node, 'file-keys'));
    expect(seen).toMatchObject({ PLAIN: 'plain value', LINES: 'one', USES: '<plain value>' });
    expect(seen).not.toHaveProperty('ABSENT');
    const waiting = await node.pod('file-late', waitingFor('CreateContainerConfigError'));
    expect(waiting.status?.containerStatuses?.find(({ name }) => name === 'app')?.state?.waiting?.message).toContain(
      "couldn't parse env file",
    );
    await node.exec('file-late', 'touch /files/go', 'writer');
    expect(variables(await sightOf(node, 'file-late'))).toMatchObject({ LATE: 'came' });
  });

  it('of a Pod that needs an API server is refused with the manifest', async () => {
    await dropAll(node, [
      podManifest('from-api', {
        containers: [script('app', 'true')],
        volumes: [{ name: 'driver', csi: { driver: 'example.com' } }],
      }),
      viewer('neighbour', { done: 'true' }),
    ]);
    expect(await rejectionOf(node, 'from-api')).toContain('static pods may not reference csidrivers');
    await sightOf(node, 'neighbour');
  });
});
