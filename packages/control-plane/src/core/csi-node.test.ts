import { expect, it } from 'vitest';
import { type CsiNode, csiNodeChange } from './csi-node.js';

const node = { name: 'n', uid: 'new' };
const made = (): CsiNode => csiNodeChange(undefined, node)?.body as CsiNode;

it('makes one without drivers that the Node owns', () => {
  expect(csiNodeChange(undefined, node)).toMatchObject({
    method: 'POST',
    body: { kind: 'CSINode', metadata: { name: 'n', ownerReferences: [{ kind: 'Node', name: 'n', uid: 'new' }] }, spec: { drivers: [] } },
  });
});

it('leaves one as it is that is right', () => {
  expect(csiNodeChange(made(), node)).toBeUndefined();
});

it('gives one of an earlier Node to this one, and keeps its drivers, other owners and annotations', () => {
  const { metadata } = made();
  const held: CsiNode = {
    metadata: {
      ...metadata,
      resourceVersion: '7',
      annotations: { mine: 'yes' },
      ownerReferences: [
        { kind: 'Node', name: 'n', uid: 'old' },
        { kind: 'Machine', name: 'm', uid: 'u' },
      ],
    },
    spec: { drivers: [{ name: 'd' }] },
  };
  const change = csiNodeChange(held, node);
  expect(change?.method).toBe('PUT');
  const body = change?.body as CsiNode;
  expect(body.metadata.ownerReferences?.map(({ uid }) => uid)).toEqual(['u', 'new']);
  expect(body.metadata).toMatchObject({ resourceVersion: '7', annotations: { ...metadata.annotations, mine: 'yes' } });
  expect(body.spec).toEqual({ drivers: [{ name: 'd' }] });
});
