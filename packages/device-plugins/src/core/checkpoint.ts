import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import type { Allocation, AllocationBook } from './allocation-book.js';
import { fnv32a } from './fnv32a.js';

/** What outlives the kubelet. */
export interface Checkpoint {
  readonly book: AllocationBook;
  /** Healthy devices by resource name. */
  readonly registered: ReadonlyMap<string, readonly string[]>;
}

interface PodDevicesEntry {
  readonly PodUID: string;
  readonly ContainerName: string;
  readonly ResourceName: string;
  readonly DeviceIDs: Readonly<Record<string, readonly string[]>>;
  /** Base64. */
  readonly AllocResp: string;
}

interface CheckpointData {
  readonly PodDeviceEntries: readonly PodDevicesEntry[] | null;
  readonly RegisteredDevices: Readonly<Record<string, readonly string[]>>;
}

/** The text of `kubelet_internal_checkpoint`, such that Kubernetes' kubelet takes it for its own (pkg/kubelet/cm/devicemanager/checkpoint). */
export const formatCheckpoint = ({ book, registered }: Checkpoint): string => {
  const data: CheckpointData = {
    PodDeviceEntries: book.length === 0 ? null : book.map(entryOf),
    RegisteredDevices: Object.fromEntries([...registered].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  return JSON.stringify({ Data: data, Checksum: fnv32a(goText(data)) });
};

/** Throws where the text is no checkpoint or does not match its own checksum. */
export const parseCheckpoint = (text: string): Checkpoint => {
  const { Data: data, Checksum: checksum } = parseBoundedJson(text) as { readonly Data?: CheckpointData; readonly Checksum?: number };
  if (data === undefined || checksum === undefined) throw new Error('it has no Data or no Checksum');
  if (fnv32a(goText(data)) !== checksum) throw new Error('its checksum does not match its contents');
  return {
    book: (data.PodDeviceEntries ?? []).map(allocationOf),
    registered: new Map(Object.entries(data.RegisteredDevices ?? {}).map(([name, ids]) => [name, ids ?? []])),
  };
};

const entryOf = ({ podUid, containerName, resourceName, devices, response }: Allocation): PodDevicesEntry => ({
  PodUID: podUid,
  ContainerName: containerName,
  ResourceName: resourceName,
  DeviceIDs: Object.fromEntries([...devices].map(([node, ids]) => [String(node), ids])),
  AllocResp: Buffer.from(response).toString('base64'),
});

const allocationOf = ({ PodUID, ContainerName, ResourceName, DeviceIDs, AllocResp }: PodDevicesEntry): Allocation => ({
  podUid: PodUID,
  containerName: ContainerName,
  resourceName: ResourceName,
  devices: new Map(Object.entries(DeviceIDs ?? {}).map(([node, ids]) => [Number(node), ids])),
  response: Buffer.from(AllocResp ?? '', 'base64'),
});

/** The value as Go's spew prints it with `%#v`, which is what upstream's checksum is taken of (pkg/util/hash, pkg/kubelet/checkpointmanager/checksum). */
const goText = ({ PodDeviceEntries, RegisteredDevices }: CheckpointData): string =>
  `(checkpoint.checkpointData){PodDeviceEntries:([]checkpoint.PodDevicesEntry)${goList(PodDeviceEntries?.map(goEntry))} ` +
  `RegisteredDevices:(map[string][]string)${goMap(RegisteredDevices, (a, b) => (a < b ? -1 : 1))}}`;

const goEntry = (entry: PodDevicesEntry): string =>
  `{PodUID:(string)${entry.PodUID} ContainerName:(string)${entry.ContainerName} ResourceName:(string)${entry.ResourceName} ` +
  `DeviceIDs:(checkpoint.DevicesPerNUMA)${goMap(entry.DeviceIDs, (a, b) => Number(a) - Number(b))} ` +
  `AllocResp:([]uint8)${goList([...Buffer.from(entry.AllocResp ?? '', 'base64')])}}`;

const goMap = (map: Readonly<Record<string, readonly string[] | null>> | null, order: (a: string, b: string) => number): string =>
  map === null
    ? '<nil>'
    : `map[${Object.keys(map)
        .sort(order)
        .map((key) => `${key}:${goList(map[key])}`)
        .join(' ')}]`;

const goList = (items: readonly (string | number)[] | null | undefined): string =>
  items === null || items === undefined ? '<nil>' : `[${items.join(' ')}]`;
