import { encodeProtobuf } from '@solo-kubelet/api-protobuf';
import { describe, expect, it } from 'vitest';
import { decodeProtobuf } from './protobuf.js';

const expected = { group: '', version: 'v1', kind: 'ConfigMap', struct: 'ConfigMap' };

describe('a body in protobuf', () => {
  it('is an object as if it had been sent in JSON', () => {
    const bytes = encodeProtobuf({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x' },
      data: { a: '1' },
      binaryData: { b: 'AAE=' },
    })!;
    expect(decodeProtobuf(bytes, expected)).toMatchObject({
      draft: { metadata: { name: 'x' }, data: { a: '1' }, binaryData: { b: 'AAE=' } },
      strictErrors: [],
    });
  });

  it.each([
    [new Uint8Array(), 'empty data (<empty>)'],
    [Uint8Array.from([1, 2, 3, 4]), 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (01020304)'],
    [Uint8Array.from([0x6b, 0x38, 0x73, 0x00, 0x0a, 0xff]), 'unexpected EOF (6b3873000aff)'],
  ])('that cannot be read is refused in the words of an API server', (bytes, message) => {
    expect(() => decodeProtobuf(bytes, expected)).toThrow(`the object provided is unrecognized (must be of type ConfigMap): ${message}`);
  });
});

it('JSON in protobuf has the limit of nesting that JSON has', () => {
  const object = (levels: number) => {
    const fieldsV1: unknown = JSON.parse(`${'{"f:a":'.repeat(levels)}{}${'}'.repeat(levels)}`);
    return encodeProtobuf({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', managedFields: [{ fieldsV1 }] } })!;
  };
  expect(decodeProtobuf(object(195), expected)).toMatchObject({ strictErrors: [] });
  expect(() => decodeProtobuf(object(196), expected)).toThrow('exceeded max depth of 200');
});
