import type { IDMapping } from '@solo-kubelet/cri-types';
import type { UserNamespaceRange } from '../node-environment.js';

export const defaultUserNamespaceRange: UserNamespaceRange = { firstId: 65_536, length: 2 ** 32 - 65_536, idsPerPod: 65_536 };

/** The first host id of a block that nobody uses, or undefined when all are taken. */
export const freeIdBlock = ({ firstId, length, idsPerPod }: UserNamespaceRange, used: ReadonlySet<number>): number | undefined => {
  for (let id = firstId; id + idsPerPod <= firstId + length; id += idsPerPod) if (!used.has(id)) return id;
  return undefined;
};

/** The contents of `<pod dir>/userns`. Upstream: pkg/kubelet/userns/userns_manager.go. */
export interface UserNamespaceRecord {
  readonly uidMappings: readonly IDMapping[];
  readonly gidMappings: readonly IDMapping[];
}

export const userNamespaceRecord = (hostId: number, idsPerPod: number): UserNamespaceRecord => {
  const mapping: IDMapping = { hostId, containerId: 0, length: idsPerPod };
  return { uidMappings: [mapping], gidMappings: [mapping] };
};

/** Reads a record; undefined for text that is none. */
export const parseUserNamespaceRecord = (text: string): UserNamespaceRecord | undefined => {
  try {
    const { uidMappings, gidMappings } = JSON.parse(text) as Partial<UserNamespaceRecord>;
    return isOneMapping(uidMappings) && isOneMapping(gidMappings) ? { uidMappings, gidMappings } : undefined;
  } catch {
    return undefined;
  }
};

const isOneMapping = (mappings: unknown): mappings is readonly IDMapping[] =>
  Array.isArray(mappings) &&
  mappings.length === 1 &&
  ['hostId', 'containerId', 'length'].every((field) => Number.isInteger((mappings[0] as Record<string, unknown>)[field]));
