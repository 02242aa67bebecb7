import { join } from 'node:path';
import type { ParseManifest } from '@solo-kubelet/manifest-source';
import { type NodeValues, parseMixedManifest } from '@solo-kubelet/object-spec';
import { expect, it } from 'vitest';
import { definition, follow, lacking, minisignKeys, pod, revision, useSite } from './bed.js';

const site = useSite();

const parseWith =
  (nodeValues: NodeValues): ParseManifest =>
  (source, options) =>
    parseMixedManifest(source, { ...options, nodeValues });

const watch = (values: NodeValues['values'], keys: readonly string[] = []) => {
  const source = definition({ url: `${site.server.url}/site.yaml`, ...(keys.length > 0 ? { keys } : { require: 'none' as const }) });
  const watched = follow(source, { directory: join(site.root, 'state'), parse: parseWith({ values }) });
  site.stops.push(watched.stop);
  return watched;
};

const publish = (text: string): void => void site.server.files.set('/site.yaml', text);

it('one signed answer is another thing on each node, and another one after the values of a node have changed', async () => {
  publish(pod('web', '$(node.registry)/web:1'));
  const berlin = watch({ registry: 'berlin:5000' });
  await berlin.until('the Pod', () => berlin.running()['web-n'] === 'berlin:5000/web:1');
  berlin.stop();
  site.server.files.clear();
  const moved = watch({ registry: 'munich:5000' });
  await moved.until('the Pod without a network', () => moved.running()['web-n'] === 'munich:5000/web:1' && moved.last()?.state === 'Stale');
});

it('a value that there is not refuses the answer with its place, and what runs, runs on', async () => {
  publish(pod('web', '$(node.registry)/web:1'));
  const watched = watch({ registry: 'berlin:5000' });
  await watched.until('the Pod', () => watched.running()['web-n'] === 'berlin:5000/web:1');
  publish([pod('web', '$(node.registry)/web:2'), pod('db', '$(node.registri)/db:1')].join('---\n'));
  await watched.until('the refusal', () => watched.last()?.reason === 'ManifestInvalid');
  expect(watched.last()?.message).toMatch(/sources\/site-a:9:42: spec\.containers\[0\]\.image: there is no value for \$\(node\.registri\)/);
  expect(watched.running()).toEqual({ 'web-n': 'berlin:5000/web:1' });
  watched.stop();
  const without = watch({});
  await without.until('the refusal of what was kept', () => without.statuses.some(({ reason }) => reason === 'LastGoodUnusable'));
  expect(without.events.filter(({ type }) => type === 'applied' || type === 'removed' || type === 'synced')).toEqual([]);
});

it('a server can not ask for a value that nobody signed for', async (context) => {
  if (lacking !== undefined) return context.skip(`${lacking} is not installed`);
  const keys = minisignKeys(site.root);
  const text = revision(1) + pod('web', 'web:1');
  publish(text.replace('"web:1"', '"$(node.secret)/web:1"'));
  site.server.files.set('/site.yaml.minisig', keys.sign(text));
  const watched = watch({ secret: 's3cret' }, [keys.publicKey]);
  await watched.until('the refusal', () => watched.last()?.reason === 'SignatureInvalid');
  expect(JSON.stringify([watched.statuses, watched.events])).not.toContain('s3cret');
});
