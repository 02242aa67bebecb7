import type {
  MountPropagation,
  NamespaceMode,
  Protocol,
  SecurityProfileType,
  Signal,
  SupplementalGroupsPolicy,
} from '@solo-kubelet/cri-types';

// CRI's enumerations by their wire numbers: this package takes types only from cri-types.

export const namespaceMode = { pod: 0, container: 1, node: 2, target: 3 } as const satisfies Record<string, NamespaceMode>;

export const mountPropagation = { None: 0, HostToContainer: 1, Bidirectional: 2 } as const satisfies Record<string, MountPropagation>;

export const securityProfileType = { RuntimeDefault: 0, Unconfined: 1, Localhost: 2 } as const satisfies Record<
  string,
  SecurityProfileType
>;

export const supplementalGroupsPolicy = { Merge: 0, Strict: 1 } as const satisfies Record<string, SupplementalGroupsPolicy>;

export const protocols = { TCP: 0, UDP: 1, SCTP: 2 } as const satisfies Record<string, Protocol>;

/** Leaves the stop signal to image and runtime, as upstream while ContainerStopSignals is off. */
export const runtimeDefaultSignal = 0 satisfies Signal;
