import type { Pod } from '@solo-kubelet/pod-spec';
import type { ConfigMapLike, SecretLike } from './object-files.js';

/** Where the data of a claim lies, and the name of its PersistentVolume. */
export type ClaimedVolume = ClaimedPlace & { readonly persistentVolume: string };

type ClaimedPlace =
  | { readonly type: 'hostPath'; readonly path: string; readonly hostPathType?: string | undefined }
  | {
      readonly type: 'local';
      readonly path: string;
      /** The directory was made for the claim, and may be made again. */
      readonly made: boolean;
      readonly mountOptions?: readonly string[] | undefined;
    }
  | {
      readonly type: 'nfs';
      readonly server: string;
      readonly path: string;
      readonly readOnly: boolean;
      readonly mountOptions?: readonly string[] | undefined;
    };

export interface ClaimRequest {
  readonly pod: Pod;
  readonly claimName: string;
  readonly volumeName: string;
  /** The Pod brought the claim along. */
  readonly ephemeral: boolean;
}

export type ClaimAnswer =
  | { readonly ok: true; readonly volume: ClaimedVolume }
  /** Why the Pod must wait, in Kubernetes' words, as its event tells it. */
  | { readonly ok: false; readonly error: string };

export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccountName: string;
  /** Empty: the issuer. */
  readonly audience: string;
  readonly expirationSeconds: number;
  readonly pod: { readonly name: string; readonly uid: string };
}

/** What Pods get from other objects of the node; asked for again at every use. */
export interface PodObjects {
  configMap(namespace: string, name: string): ConfigMapLike | undefined;
  secret(namespace: string, name: string): SecretLike | undefined;
  /** The handler that a RuntimeClass names; undefined where there is no such object. */
  runtimeClassHandler(name: string): string | undefined;
  /** The volume of a claim that a Pod uses, or why the Pod must wait. A claim that is just getting its volume may be waited for, for a moment. */
  claim(request: ClaimRequest, options?: { readonly signal?: AbortSignal | undefined }): Promise<ClaimAnswer>;
  /** A token of an account, new or still good. Rejects with the reason where none can be had. */
  token(request: TokenRequest): Promise<string>;
  /**
   * Addresses of services, for variables that the Pod does not set itself; undefined where nobody tells. `unread`: they are still to come, and a container
   * has to wait for them. Default: none.
   */
  serviceVariables?(pod: Pod): ReadonlyMap<string, string> | 'unread' | undefined;
}
