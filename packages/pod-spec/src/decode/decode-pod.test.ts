import { describe, expect, it } from 'vitest';
import { structSchema } from '../schema/field-schema.js';
import { type DecodeFinding, decodeStruct } from './decode-pod.js';
import { parseJson } from './json-parser.js';

const decode = (type: string, data: string): { value: Record<string, unknown>; found: DecodeFinding[] } => {
  const found: DecodeFinding[] = [];
  return { value: decodeStruct(structSchema(type), parseJson(data), '', (finding) => void found.push(finding)), found };
};

describe('decodeStruct', () => {
  it('merges what JSON text gives twice: maps and structures by key, lists item by item; scalars are replaced, null is nothing', () => {
    const text =
      '{"name":"a","args":["x","y"],"args":["z"],"env":[{"name":"A","value":"1"}],"env":[{"value":"2"}],"resources":{"limits":{"cpu":"1"}},"resources":{"limits":{"memory":"1"}},"tty":true,"tty":null}';
    expect(decode('Container', text).value).toMatchObject({
      args: ['z'],
      env: [{ name: 'A', value: '2' }],
      resources: { limits: { cpu: '1', memory: '1' } },
      tty: true,
    });
  });

  it('leaves out zeros that Kubernetes leaves out, and keeps those it keeps', () => {
    expect(decode('Container', '{"name":"","image":"","stdin":false,"command":null}').value).toEqual({ name: '', resources: {} });
    expect(decode('KeyToPath', '{"mode":0}').value).toEqual({ key: '', path: '', mode: 0 });
    expect(decode('ResourceFieldSelector', '{"resource":"limits.cpu"}').value).toEqual({ resource: 'limits.cpu', divisor: '0' });
  });

  it.each([
    ['2024-01-02T03:04:05Z', '2024-01-02T03:04:05Z'],
    ['2024-01-02T3:04:05.123+02:30', '2024-01-02T00:34:05Z'],
    ['2024-01-02T03:04:05-00:30', '2024-01-02T03:34:05Z'],
    ['0099-01-01T00:00:00Z', '0099-01-01T00:00:00Z'],
    ['0001-01-01T00:00:00Z', undefined],
  ])('reads the time %s as %s', (text, time) =>
    expect(decode('ContainerStateRunning', `{"startedAt":"${text}"}`)).toMatchObject({
      value: time === undefined ? {} : { startedAt: time },
      found: [],
    }),
  );

  it.each(['2024-02-30T00:00:00Z', '2024-01-02 03:04:05Z', 'x', '2024-01-02T24:00:00Z'])('refuses the time %s', (text) => {
    expect(decode('ContainerStateRunning', `{"startedAt":"${text}"}`).found).toMatchObject([{ code: 'DECODE_TIME', field: 'startedAt' }]);
  });

  it.each([
    ['{"containerPort":3e1}', 'a whole number of 32 bits'],
    ['{"containerPort":2147483648}', 'a whole number of 32 bits'],
    ['{"containerPort":"80"}', 'a whole number of 32 bits'],
    ['{"containerPort":1,"name":5}', 'a string'],
    ['{"containerPort":1,"name":{}}', 'a string'],
  ])('refuses %s', (text, expected) =>
    expect(decode('ContainerPort', text).found).toMatchObject([
      { code: 'DECODE_TYPE', message: expect.stringContaining(`expected ${expected}`) },
    ]),
  );
});

describe('nesting', () => {
  const fields = (levels: number): string => `{"managedFields":[{"fieldsV1":${'{"f:a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}}]}`;

  it('of free JSON has a limit, since what takes it on recurses', () => {
    expect(decode('ObjectMeta', fields(200)).found).toEqual([]);
    expect(decode('ObjectMeta', fields(201)).found).toMatchObject([
      {
        code: 'DECODE_TYPE',
        field: 'managedFields[0].fieldsV1',
        message: 'expected a map of at most 200 levels, found a map',
      },
    ]);
  });

  it('of what no field takes is as deep as upstream has it', () =>
    expect(decode('ObjectMeta', `{"x":${'['.repeat(9_000)}${']'.repeat(9_000)}}`).found).toMatchObject([
      { code: 'UNKNOWN_FIELD', field: 'x' },
    ]));
});
