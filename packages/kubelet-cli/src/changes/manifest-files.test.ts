import type { ManifestObject } from '@solo-kubelet/node-api';
import { describe, expect, it } from 'vitest';
import { checkManifest } from './check-manifest.js';
import { readGiven, readManifest, targetFile } from './manifest-files.js';

const directory = '/etc/kubernetes/manifests';
const document = (file: string, what: Pick<ManifestObject, 'pod' | 'object'>): ManifestObject => ({
  source: 'file',
  path: `${directory}/${file}`,
  state: 'accepted',
  ...what,
});
const web = document('shop.yaml', { object: 'Deployment.apps/default/web' });
const settings = document('shop.yaml', { object: 'ConfigMap/default/settings' });

describe('the file of a manifest that is applied', () => {
  it('is the one that holds its object already, whatever its own name is', () => {
    const keys = ['Deployment.apps/default/web', 'ConfigMap/default/settings'];
    expect(targetFile(directory, 'new.yaml', keys, [web, settings])).toBe(`${directory}/shop.yaml`);
  });
  it('has its own name where nothing holds its objects', () =>
    expect(targetFile(directory, '/home/me/new.yaml', ['ConfigMap/default/other'], [web, settings])).toBe(`${directory}/new.yaml`));
  it('never takes the place of a file that holds other objects', () => {
    expect(() => targetFile(directory, 'x.yaml', ['ConfigMap/default/settings'], [web, settings])).toThrow(
      `${directory}/shop.yaml also holds Deployment.apps/default/web`,
    );
    expect(() => targetFile(directory, 'shop.yaml', ['default/web-node1'], [web])).toThrow('also holds Deployment.apps/default/web');
  });
});

it('a manifest of Pods and other objects is checked as the node would take it', () => {
  const text = [
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: app, image: i, envFrom: [{configMapRef: {name: settings}}]}]}',
  ].join('\n---\n');
  const { ok, pods, objects, report } = checkManifest(Buffer.from(text), { path: '/m/a.yaml', nodeName: 'node1' });
  expect(report).toBe('');
  expect({ ok, pods: pods.map(({ metadata }) => metadata.name), objects: objects.map(({ key }) => key) }).toEqual({
    ok: true,
    pods: ['web-node1'],
    objects: ['ConfigMap/default/settings'],
  });
});

const TOO_LARGE = /the manifest is larger than 10 MiB/;

it('reads no more of what has no end than shows that it is too large', async () => {
  let read = 0;
  const endless = async function* () {
    for (;;) {
      read += 1;
      yield Buffer.alloc(1 << 20, 'a');
    }
  };
  const text = await readGiven(endless());
  expect(read).toBe(11);
  expect(checkManifest(text, { path: 'x.yaml', nodeName: 'node1' }).report).toMatch(TOO_LARGE);
  const device = await readManifest('/dev/zero');
  expect(checkManifest(device, { path: '/dev/zero', nodeName: 'node1' }).report).toMatch(TOO_LARGE);
});

it('says of a URL how its manifest gets here', async () => {
  await expect(readManifest('https://example.org/x.yaml')).rejects.toMatchObject({
    code: 'CLI_NOT_FOUND',
    hint: 'A URL is not fetched here: curl -fsSL https://example.org/x.yaml | kubelet-cli … -f -',
  });
});
