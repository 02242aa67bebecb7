import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { expect, it } from 'vitest';
import { ContainerStatus, Mount } from './gen/cri-v1.js';

it('a field of a newer server is passed over', () => {
  const newer = new BinaryWriter()
    .uint32((11 << 3) | 2)
    .string('noexec')
    .uint32((1 << 3) | 2)
    .string('/data')
    .finish();
  expect(Mount.decode(newer)).toMatchObject({ containerPath: '/data', readonly: false });
});

it('a number that is new to an enumeration arrives as it is', () => {
  const newer = new BinaryWriter()
    .uint32((3 << 3) | 0)
    .int32(42)
    .uint32((19 << 3) | 0)
    .int32(200)
    .finish();
  expect(ContainerStatus.decode(newer)).toMatchObject({ state: 42, stopSignal: 200 });
});
