import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../src/main.js';
import { type FakeIo, fakeIo } from './fake-io.js';

/** A node in memory with a workload of each kind in one file, and the command line beside it. */
let directory: string;
let manifests: string;
let node: FakeIo;
let running: Promise<number>;
let socket: string;

const template = (app: string, more = ''): string =>
  `{metadata: {labels: {app: ${app}}}, spec: {containers: [{name: app, image: "a:1"${more}}]}}`;
const replicated = (kind: string, name: string, more = ''): string =>
  `apiVersion: apps/v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec:\n  selector: {matchLabels: {app: ${name}}}\n  template: ${template(name)}\n${more}`;
const jobTemplate = '{template: {spec: {restartPolicy: Never, containers: [{name: app, image: "a:1"}]}}}';
const claim = (name: string): string =>
  `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: ${name}}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}\n`;
const APP = [
  replicated('Deployment', 'web', '  replicas: 2 # enough\n'),
  replicated('StatefulSet', 'db', '  serviceName: db\n'),
  replicated('DaemonSet', 'agent'),
  replicated('ReplicaSet', 'rs'),
  `apiVersion: batch/v1\nkind: Job\nmetadata: {name: once}\nspec: ${jobTemplate}\n`,
  `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: tick}\nspec: {schedule: "0 0 1 1 *", jobTemplate: {spec: ${jobTemplate}}}\n`,
  `apiVersion: v1\nkind: Pod\nmetadata: {name: solo, annotations: {rollback.solo-kubelet.dev: "true"}}\nspec: {containers: [{name: app, image: "a:1"}]}\n`,
  claim('spare'),
].join('---\n');

interface Ran {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}
const cli = async (...argv: readonly string[]): Promise<Ran> => {
  const io = fakeIo();
  const dashes = argv.indexOf('--');
  const words = dashes < 0 ? [...argv, '--socket', socket] : [...argv.slice(0, dashes), '--socket', socket, ...argv.slice(dashes)];
  const status = await main(words, io);
  return { status, output: io.output(), errors: io.errors() };
};
const file = async (name: string, text: string): Promise<string> => {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
};
const text = (): Promise<string> => readFile(join(manifests, 'app.yaml'), 'utf8');

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'verbs-'));
  manifests = join(directory, 'manifests');
  await mkdir(manifests);
  await copyFile(await file('app.yaml', APP), join(manifests, 'app.yaml'));
  node = fakeIo();
  running = main(['up', '--runtime', 'memory', '--kube-api', 'off', manifests], node);
  await vi.waitFor(() => expect(node.output()).toContain('--socket'), { timeout: 60_000, interval: 100 });
  socket = /--socket (\S+)/.exec(node.output())?.[1] ?? '';
  for (const name of ['deployment/web', 'statefulset/db', 'daemonset/agent'])
    expect(await cli('rollout', 'status', name, '--timeout', '30s')).toMatchObject({ status: 0 });
}, 120_000);
afterAll(async () => {
  node.interrupt();
  await running;
  await rm(directory, { recursive: true });
}, 30_000);

describe('looking at workloads', () => {
  it('wait: nothing that matches will not come to anything, but is gone', async () => {
    const nothing = { status: 1, output: '', errors: expect.stringContaining('no matching resources found') };
    expect(await cli('wait', '--for', 'condition=Ready', '-l', 'app=nobody')).toMatchObject(nothing);
    expect(await cli('wait', '--for', 'condition=Ready', '--all', '-n', 'empty')).toMatchObject(nothing);
    expect(await cli('wait', '--for', 'delete', '-l', 'app=nobody')).toMatchObject({ status: 0, errors: '' });
  });

  it('several kinds are listed at once, as tables, names or one List', async () => {
    const { status, output } = await cli('get', 'deploy,sts,po');
    expect(status).toBe(0);
    expect(output).toMatch(/^NAME +READY +UP-TO-DATE.*\ndeployment\.apps\/web +2\/2/);
    expect(output).toMatch(/\nstatefulset\.apps\/db +1\/1/);
    expect(output).toMatch(/\npod\/db-0 +1\/1/);
    expect((await cli('get', 'ds,rs', '-o', 'name')).output).toMatch(/^daemonset\.apps\/agent\nreplicaset\.apps\/rs\n/);
    const list = JSON.parse((await cli('get', 'all', '-o', 'json')).output);
    expect([list.kind, list.items.map(({ kind }: { kind: string }) => kind)]).toEqual([
      'List',
      expect.arrayContaining(['Pod', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob']),
    ]);
    expect(await cli('get', 'deploy,nothing')).toMatchObject({ status: 2 });
  });

  it('an event says which controller speaks', async () => {
    expect((await cli('describe', 'deploy/web')).output).toMatch(/ScalingReplicaSet +\S+ +deployment-controller +Scaled up/);
  });

  it('a Pod of a CronJob is found by its name; one that has ended takes no commands, in the words of kubectl', async () => {
    expect(await cli('logs', 'cronjob/tick')).toMatchObject({ status: 1, errors: expect.stringContaining('no pod of cronjob/tick') });
    expect(await cli('wait', '--for=condition=Complete', 'job/once')).toMatchObject({ status: 0 });
    expect(await cli('exec', 'job/once', '--', 'true')).toMatchObject({
      status: 1,
      errors: expect.stringContaining('cannot exec into a container in a completed pod; current phase is Succeeded'),
    });
  });
});

describe('what would change', () => {
  it('is told of every file of a directory, with what becomes of the Pods', async () => {
    const next = join(directory, 'next');
    await mkdir(next);
    await writeFile(join(next, 'notes.txt'), 'not a manifest');
    await writeFile(
      join(next, 'app.yaml'),
      APP.replace('replicas: 2', 'replicas: 4').replace('kind: DaemonSet', 'kind: DaemonSet # changed').replaceAll('"a:1"', '"a:2"'),
    );
    const { status, output } = await cli('diff', '-f', next);
    expect(status).toBe(1);
    expect(output).toContain(
      '  its Pods are replaced, since spec.template.spec.containers[app].image changed\n  2 Pods more start\nstatefulset.apps/db: configured\n',
    );
    expect(output).toContain('  its Pods run on; those to come are of the new template\n');
    expect(output).toContain('  it runs anew, since spec.template.spec.containers[app].image changed\n');
    expect(output).toContain('  the next Job is of the new template; one that runs goes on\n');
    expect(output).toContain('container app starts: the pod is replaced');
    expect(await cli('diff', '-f', manifests)).toMatchObject({ status: 0 });
    expect(await main(['validate', next], fakeIo())).toBe(0);
    await mkdir(join(directory, 'empty'));
    expect(await cli('diff', '-f', join(directory, 'empty'))).toMatchObject({
      status: 1,
      errors: expect.stringContaining('there is no manifest in'),
    });
  });

  it('is refused where an API server would refuse it, and nothing is written', async () => {
    const before = await text();
    const next = await file('immutable.yaml', APP.replace('serviceName: db', 'serviceName: other').replaceAll('app: web', 'app: shop'));
    for (const verb of ['diff', 'apply']) {
      const { status, errors } = await cli(verb, '-f', next);
      expect(status).toBe(3);
      expect(errors).toContain('deployment.apps/web: spec.selector: Invalid value');
      expect(errors).toContain("statefulset.apps/db: spec: Forbidden: updates to statefulset spec for fields other than 'replicas'");
    }
    expect(await text()).toBe(before);
  });
});

describe('changing workloads', () => {
  it('a rollout that is asked about after a command is the one that the command began', async () => {
    expect(await cli('rollout', 'restart', 'deploy/web')).toMatchObject({ status: 0, errors: '' });
    expect((await cli('rollout', 'status', 'deploy/web', '--watch=false')).output).toContain('Waiting for deployment "web" rollout');
    expect((await cli('rollout', 'status', 'deploy/web', '--timeout', '30s')).output).toContain('successfully rolled out');
    expect(await cli('scale', 'deploy/web', '--replicas', '3')).toMatchObject({ status: 0, errors: '' });
    expect((await cli('get', 'deploy', '-o', 'jsonpath={.items[0].spec.replicas}')).output).toBe('3');
    expect(await text()).toContain('replicas: 3 # enough');
  });

  it('apply waits for what is rolled since its configuration changed', async () => {
    const stall = (page: string): string =>
      [
        `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: stall}\ndata: {page: ${page}}\n`,
        `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: stall, annotations: {restart-on-change.solo-kubelet.dev: "true"}}\nspec:\n  selector: {matchLabels: {app: stall}}\n  template: ${template('stall', ', envFrom: [{configMapRef: {name: stall}}]')}\n`,
      ].join('---\n');
    // One that is ending may still be listed: a rollout does not wait for that.
    const podsOf = async (): Promise<readonly string[]> => {
      const { output } = await cli('get', 'pods', '-l', 'app=stall', '-o', 'json');
      const { items } = JSON.parse(output) as {
        readonly items: readonly { readonly metadata: { readonly uid: string; readonly deletionTimestamp?: string } }[];
      };
      return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.uid);
    };
    expect(await cli('apply', '-f', await file('stall.yaml', stall('open')))).toMatchObject({ status: 0 });
    const before = await podsOf();
    const { status, output } = await cli('apply', '-f', await file('stall.yaml', stall('closed')));
    expect([status, output]).toEqual([0, expect.stringContaining('deployment "stall" successfully rolled out')]);
    expect(before).toHaveLength(1);
    expect(await podsOf()).toEqual([expect.not.stringMatching(before[0] ?? '')]);
    expect(await cli('delete', '-f', join(directory, 'stall.yaml'))).toMatchObject({ status: 0 });
  });

  it('deletes with -f what a file asks for, and ends when its Pods have gone', async () => {
    const path = await file(
      'gone.yaml',
      `${replicated('Deployment', 'gone', '  replicas: 2\n')}---\n${replicated('StatefulSet', 'left', '  serviceName: left\n')}`,
    );
    expect(await cli('apply', '-f', path)).toMatchObject({ status: 0 });
    expect(await cli('get', 'pods', '-l', 'app in (gone,left)', '-o', 'name')).toMatchObject({
      output: expect.stringContaining('pod/left-0'),
    });
    expect(await cli('delete', '-f', path)).toMatchObject({ status: 0, errors: '' });
    expect(await cli('get', 'pods', '-l', 'app in (gone,left)', '-o', 'name')).toMatchObject({ output: '' });
  });

  it.each([
    [['rollout', 'resart', 'deploy/none'], 2, 'there is no rollout resart\nThere are: status, history'],
    [['logs', 'shop/web'], 2, 'there is no kind "shop"\nWrite POD, or what made it as deployment/web; -n shop if that is the namespace.\n'],
    [['describe', 'pod', 'db'], 1, 'pod "db" not found in namespace "default"\nDid you mean db-0?\n'],
    [['delete', 'deploy'], 2, 'delete which Deployment?\n'],
    [['top', 'pods', 'none'], 1, 'pod "none" not found'],
    [['events', '--types', 'Nope'], 2, '--types takes Normal, Warning, or both with a comma, not "nope"\n'],
    [['get', 'pods', '-o', 'jsonpath='], 2, '-o jsonpath= lacks its template\n'],
  ])('%j says what is wrong', async (argv, status, errors) => {
    expect(await cli(...argv)).toEqual({ status, output: '', errors: expect.stringContaining(errors) });
  });

  it('shows one Pod of several in top', async () => {
    const { output } = await cli('top', 'pods', 'db-0');
    expect(output).toContain('db-0');
    expect(output).not.toContain('agent');
  });

  it('a Pod that a workload made ends by its name, and the workload makes another', async () => {
    const podsOf = async (): Promise<readonly string[]> =>
      (await cli('get', 'pods', '-l', 'app=db', '-o', 'jsonpath={.items[*].metadata.uid}')).output.split(' ');
    const before = await podsOf();
    expect(await cli('delete', 'pod', 'db-0')).toMatchObject({ status: 0, output: 'pod default/db-0 deleted\n' });
    expect(await cli('rollout', 'status', 'sts/db', '--timeout', '30s')).toMatchObject({ status: 0 });
    expect(await podsOf()).not.toEqual(before);
    expect(await text()).toContain('kind: StatefulSet');
  });

  it('a Pod that holds nothing back has nothing to retry, and other Pods no rollouts', async () => {
    expect(await cli('rollout', 'retry', 'pod/solo')).toMatchObject({ status: 1, errors: expect.stringContaining('is held back') });
    expect(await cli('rollout', 'status', 'pod/solo')).toMatchObject({
      status: 2,
      errors: expect.stringContaining('a Pod has no rollouts'),
    });
  });

  it('a Job is made from a CronJob, and both go out of a file that holds more', async () => {
    expect(await cli('create', 'job', 'now', '--from', 'cronjob/tick')).toMatchObject({ status: 0 });
    expect(await cli('wait', '--for', 'condition=Complete', 'job/now')).toMatchObject({ status: 0 });
    expect(await cli('delete', 'job/now', 'cronjob/tick', 'rs/rs')).toMatchObject({ status: 0 });
    expect((await cli('get', 'all', '-o', 'name')).output).not.toMatch(/tick|now|\/rs/);
    expect(await text()).not.toContain('CronJob');
  });

  it('a claim goes out of a file that holds more, and so do the objects of a file that is deleted by -f', async () => {
    expect(await cli('delete', 'pvc', 'spare')).toMatchObject({ status: 0, output: expect.stringContaining('its data is kept') });
    expect(await text()).not.toContain('spare');
    const some = await file('some.yaml', [replicated('DaemonSet', 'agent'), APP.split('---\n')[6]].join('---\n'));
    expect(await cli('delete', '-f', some)).toMatchObject({ status: 0, errors: '' });
    expect(await text()).toMatch(/kind: Deployment[\s\S]*kind: StatefulSet/);
    expect(await text()).not.toMatch(/DaemonSet|solo/);
    expect((await cli('get', 'ds', '-o', 'name')).output).toBe('');
  });
});
