import { describe, expect, it } from 'vitest';
import { formatCheckpoint, parseCheckpoint } from './checkpoint.js';

// Written by Kubernetes' kubelet.
const oneGpu =
  '{"Data":{"PodDeviceEntries":[{"PodUID":"bf52b2cd-b611-4e79-86b1-280b283185c3","ContainerName":"check","ResourceName":"nvidia.com/gpu","DeviceIDs":{"-1":["tegra"]},"AllocResp":"Ch8KFk5WSURJQV9WSVNJQkxFX0RFVklDRVMSBXRlZ3Jh"}],"RegisteredDevices":{"nvidia.com/gpu":["tegra"]}},"Checksum":3660592824}';

describe('the checkpoint of devices', () => {
  it("is read as Kubernetes' kubelet writes it", () => {
    const { book, registered } = parseCheckpoint(oneGpu);
    expect(book).toEqual([
      {
        podUid: 'bf52b2cd-b611-4e79-86b1-280b283185c3',
        containerName: 'check',
        resourceName: 'nvidia.com/gpu',
        devices: new Map([[-1, ['tegra']]]),
        response: Buffer.from('Ch8KFk5WSURJQV9WSVNJQkxFX0RFVklDRVMSBXRlZ3Jh', 'base64'),
      },
    ]);
    expect(registered).toEqual(new Map([['nvidia.com/gpu', ['tegra']]]));
  });

  it("is written as Kubernetes' kubelet writes it, with its checksum", () => {
    expect(formatCheckpoint(parseCheckpoint(oneGpu))).toBe(oneGpu);
  });

  it('comes back as it was, with several devices on several NUMA nodes', () => {
    const checkpoint = {
      book: ['a', 'b'].map((containerName) => ({
        podUid: 'pod',
        containerName,
        resourceName: 'example.com/card',
        devices: new Map([
          [0, ['card1', 'card2']],
          [1, ['card2']],
        ]),
        response: Buffer.from([0, 255]),
      })),
      registered: new Map([
        ['example.com/b', []],
        ['example.com/a', ['x', 'y']],
      ]),
    };
    expect(parseCheckpoint(formatCheckpoint(checkpoint))).toEqual(checkpoint);
  });

  it('is not believed when it was changed or cut', () => {
    expect(() => parseCheckpoint(oneGpu.replace('"check"', '"other"'))).toThrow('checksum');
    expect(() => parseCheckpoint('{}')).toThrow('no Data');
    expect(() => parseCheckpoint(oneGpu.slice(0, 90))).toThrow();
  });
});
