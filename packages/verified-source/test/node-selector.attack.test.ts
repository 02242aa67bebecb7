import { join } from 'node:path';
import type { ParseManifest } from '@solo-kubelet/manifest-source';
import { parseMixedManifest } from '@solo-kubelet/object-spec';
import { expect, it } from 'vitest';
import type { SourceDefinition } from '../src/index.js';
import { definition, follow, lacking, minisignKeys, pod, revision, useSite } from './bed.js';

const site = useSite();

const parseFor =
  (nodeLabels: Readonly<Record<string, string>>): ParseManifest =>
  (source, options) =>
    parseMixedManifest(source, { ...options, nodeLabels });

const forNodes = (selector: string, text: string): string =>
  text.replace('metadata: {', `metadata: { annotations: { solo-kubelet.dev/node-selector: ${JSON.stringify(selector)} },`);

const watch = (labels: Readonly<Record<string, string>>, source: Partial<SourceDefinition> = {}) => {
  const watched = follow(definition({ url: `${site.server.url}/site.yaml`, require: 'none', ...source }), {
    directory: join(site.root, 'state'),
    parse: parseFor(labels),
  });
  site.stops.push(watched.stop);
  return watched;
};

const publish = (text: string): void => void site.server.files.set('/site.yaml', text);

it('takes what is for the node, tells how much is not, and ends what is not any more', async () => {
  const all = pod('all', 'a:1');
  publish([all, forNodes('site=berlin', pod('berlin', 'b:1')), forNodes('site=munich', pod('munich', 'm:1'))].join('---\n'));
  const watched = watch({ site: 'berlin' });
  await watched.until('two Pods', () => Object.keys(watched.running()).length === 2);
  expect(watched.running()).toEqual({ 'all-n': 'a:1', 'berlin-n': 'b:1' });
  expect(watched.last()).toMatchObject({ state: 'Ready', elsewhere: 1 });
  publish([forNodes('site!=berlin', all), forNodes('site=berlin', pod('berlin', 'b:2'))].join('---\n'));
  await watched.until('the change', () => watched.running()['berlin-n'] === 'b:2' && Object.keys(watched.running()).length === 1);
  // An answer that is whole and has nothing for this node asks for nothing here.
  publish(forNodes('site=munich', pod('munich', 'm:1')));
  await watched.until('the end', () => Object.keys(watched.running()).length === 0);
  expect(watched.last()).toMatchObject({ state: 'Ready', elsewhere: 1 });
  publish(all);
  await watched.until('all of it', () => watched.running()['all-n'] === 'a:1');
  expect(watched.last()?.elsewhere).toBeUndefined();
});

it.each([
  ['site in berlin', /:\d+:\d+: metadata.annotations\[solo-kubelet.dev\/node-selector\]: Invalid value: "site in berlin"/],
  ['site=berlin,', /expected: identifier after ','/],
  ['\u001b[31m=x', /Invalid value/],
  [`${'a in ('.repeat(5_000)}`, /Invalid value: "(a in \(){16}/],
])('refuses an answer with a selector that can not be read, and what runs, runs on: %j', async (selector, message) => {
  publish(pod('web', 'web:1'));
  const watched = watch({ site: 'berlin' });
  await watched.until('the Pod', () => watched.running()['web-n'] === 'web:1');
  publish([pod('web', 'web:2'), forNodes(selector, pod('other', 'o:1'))].join('---\n'));
  await watched.until('the refusal', () => watched.last()?.reason === 'ManifestInvalid');
  expect(watched.last()?.message).toMatch(message);
  expect(watched.last()?.message?.length).toBeLessThan(2_000);
  expect(watched.running()).toEqual({ 'web-n': 'web:1' });
});

it('lets no document for this node past the limits of its source behind one that is not', async () => {
  const text = [forNodes('site=munich', pod('a', 'a:1', 'kube-system')), forNodes('site=berlin', pod('b', 'b:1', 'kube-system'))].join(
    '---\n',
  );
  publish(text);
  const watched = watch({ site: 'berlin' }, { namespaces: ['shop'], clusterScoped: false });
  await watched.until('the refusal', () => watched.last()?.reason === 'NamespaceForbidden');
  expect(watched.running()).toEqual({});
});

it('does not let a server choose: what was signed for a node stays for it', async (context) => {
  if (lacking !== undefined) return context.skip(`${lacking} is not installed`);
  const keys = minisignKeys(site.root);
  const text = revision(1) + forNodes('site=munich', pod('web', 'web:1'));
  const altered = text.replace('site=munich', 'site=berlin');
  publish(altered);
  site.server.files.set('/site.yaml.minisig', keys.sign(text));
  const watched = watch({ site: 'berlin' }, { require: 'signature', keys: [keys.publicKey] });
  await watched.until('the refusal', () => watched.last()?.reason === 'SignatureInvalid');
  expect(watched.running()).toEqual({});
});

it('chooses anew from what lies on the disk when the node has got other labels', async () => {
  publish([forNodes('site=berlin', pod('berlin', 'b:1')), forNodes('site=munich', pod('munich', 'm:1'))].join('---\n'));
  const before = watch({ site: 'berlin' });
  await before.until('the Pod', () => before.running()['berlin-n'] === 'b:1');
  before.stop();
  site.server.files.set('/site.yaml', (_request, response) => void response.writeHead(503).end());
  const after = watch({ site: 'munich' });
  await after.until('the other Pod', () => after.running()['munich-n'] === 'm:1' && after.last()?.state === 'Stale');
  expect(after.running()).toEqual({ 'munich-n': 'm:1' });
  expect(after.last()).toMatchObject({ elsewhere: 1 });
});
