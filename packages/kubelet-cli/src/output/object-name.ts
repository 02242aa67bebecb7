import type { ObjectKind } from '@solo-kubelet/object-spec/kinds';

/** `deployment.apps/web`, as kubectl names objects. */
export const objectName = ({ group, kind }: ObjectKind, name: string): string =>
  `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${name}`;
