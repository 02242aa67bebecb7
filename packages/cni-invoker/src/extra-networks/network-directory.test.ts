import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readNetworkDirectory, selectNetwork } from './network-directory.js';

let networkDir: string;
beforeEach(async () => {
  networkDir = await mkdtemp(join(tmpdir(), 'cni-networks-'));
});
afterEach(() => rm(networkDir, { recursive: true, force: true }));

/** As the YAML of these tests is JSON, one document a line. */
const parseYaml = (text: string): readonly unknown[] => text.split('\n---\n').map((document) => JSON.parse(document) as unknown);
const write = (name: string, value: unknown) =>
  writeFile(join(networkDir, name), typeof value === 'string' ? value : JSON.stringify(value));
const read = () => readNetworkDirectory({ networkDir, parseYaml });
const definition = (name: string, config: unknown, namespace?: string) => ({
  apiVersion: 'k8s.cni.cncf.io/v1',
  kind: 'NetworkAttachmentDefinition',
  metadata: { name, ...(namespace && { namespace }) },
  spec: config === undefined ? {} : { config: JSON.stringify(config) },
});
const select = async (namespace: string, name: string) => selectNetwork(await read(), { namespace, name }, networkDir);

describe('readNetworkDirectory', () => {
  it('offers CNI files to every namespace and definitions to their own', async () => {
    await write('cam.conflist', { cniVersion: '1.0.0', name: 'cam', plugins: [{ type: 'bridge' }] });
    await write('plc.conf', { cniVersion: '1.0.0', name: 'plc', type: 'macvlan' });
    await write('line.json', definition('line', { cniVersion: '0.4.0', plugins: [{ type: 'vlan' }] }, 'plant'));
    await write(
      'more.yaml',
      [definition('one', { type: 'ptp' }), definition('two', { name: 'own', type: 'ipvlan' })]
        .map((d) => JSON.stringify(d))
        .join('\n---\n'),
    );

    expect((await select('any', 'cam')).plugins[0]?.type).toBe('bridge');
    expect((await select('any', 'plc')).plugins[0]?.type).toBe('macvlan');
    expect(await select('plant', 'line')).toMatchObject({ name: 'line', cniVersion: '0.4.0' });
    expect((await select('default', 'one')).name).toBe('one');
    expect((await select('default', 'two')).name).toBe('own');
    await expect(select('other', 'line')).rejects.toMatchObject({ code: 'CNI_NETWORK_NOT_FOUND' });
  });

  it('prefers the definition of the very namespace', async () => {
    await write('cam.conflist', { name: 'cam', plugins: [{ type: 'bridge' }] });
    await write('cam.json', { kind: 'List', items: [definition('cam', { type: 'vlan' }, 'a'), definition('cam', { type: 'ptp' }, 'b')] });
    expect((await select('b', 'cam')).plugins[0]?.type).toBe('ptp');
    expect((await select('c', 'cam')).plugins[0]?.type).toBe('bridge');
  });

  it('takes a definition without a configuration as a name for the CNI file', async () => {
    await write('a.json', definition('cam', undefined, 'plant'));
    await write('cam.conflist', { name: 'cam', plugins: [{ type: 'bridge' }] });
    expect((await select('plant', 'cam')).plugins[0]?.type).toBe('bridge');
  });

  it('is not spoilt by a faulty file, and names it when a network is not found', async () => {
    await write('bad.conflist', '{"name"');
    await write('cam.conflist', { name: 'cam', plugins: [{ type: 'bridge' }] });
    expect((await select('x', 'cam')).name).toBe('cam');
    await expect(select('x', 'plc')).rejects.toMatchObject({ message: expect.stringContaining('bad.conflist:1:8') });
  });

  it.each<[string, unknown, string]>([
    ['a.yaml', { kind: 'Pod' }, 'kind must be NetworkAttachmentDefinition, not "Pod"'],
    ['a.json', { kind: 'NetworkAttachmentDefinition' }, 'metadata.name is missing'],
    ['a.json', { kind: 'NetworkAttachmentDefinition', metadata: { name: 'x' }, spec: { config: {} } }, 'spec.config must be a string'],
    [
      'a.json',
      { kind: 'NetworkAttachmentDefinition', metadata: { name: 'x' }, spec: { config: '{"type":' } },
      'spec.config of x:1:9: not valid JSON',
    ],
    ['a.json', definition('x', undefined), 'spec.config is empty'],
    ['a.yaml', 'nonsense', 'not valid YAML'],
  ])('tells what is wrong with %s %j', async (name, value, message) => {
    await write(name, value);
    expect((await read()).faults).toMatchObject([
      { path: join(networkDir, name), error: { code: 'CNI_INVALID_CONFIG', message: expect.stringContaining(message) } },
    ]);
  });

  it('says that YAML needs a parser', async () => {
    await write('a.yaml', '');
    expect((await readNetworkDirectory({ networkDir })).faults[0]?.error.message).toContain('YAML can not be read here');
  });

  it('offers nothing when the directory is missing', async () => {
    expect(await readNetworkDirectory({ networkDir: join(networkDir, 'none') })).toEqual({ networks: [], faults: [] });
  });
});
