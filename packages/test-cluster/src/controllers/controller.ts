import type { StoreEvent } from '@solo-kubelet/api-server';
import type { ControllerApi } from './controller-api.js';

/** Brings what there is to what is wanted, one key after the other. */
export interface Controller {
  /** Kinds that it looks at. */
  readonly kinds: readonly string[];
  /** Which keys a change of one of them is about. */
  readonly keysOf: (event: StoreEvent, api: ControllerApi) => readonly string[];
  /** Looks at one key; tells when to look again if nothing happens before, ms. Done again without a change it does nothing. */
  readonly sync: (key: string, api: ControllerApi) => number | undefined;
}

/** `namespace/name`, as keys of objects are. */
export const splitKey = (key: string): { readonly namespace: string; readonly name: string } => {
  const at = key.indexOf('/');
  return { namespace: key.slice(0, at), name: key.slice(at + 1) };
};
