import type { Container, EphemeralContainer, PodSpec } from '@solo-kubelet/pod-spec';

/** A container and its path. */
export interface PlacedContainer {
  readonly container: Container | EphemeralContainer;
  readonly field: string;
}

/** All containers of a Pod, in the order in which upstream visits them. */
export const placedContainers = (spec: PodSpec, field: string): readonly PlacedContainer[] =>
  (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((name) =>
    (spec[name] ?? []).map((container, i) => ({ container, field: `${field}.${name}[${i}]` })),
  );
