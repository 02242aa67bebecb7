/** A Secret whose credentials a registry took, or that a Pod brings (`ImagePullSecret` of `kubelet.config.k8s.io`). */
export interface ImagePullSecret {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** SHA-256 of the credentials, in hex; see `credentialHash`. Empty: unknown, equal to none. */
  readonly credentialHash: string;
}

/** A service account by whose token a registry gave an image (`ImagePullServiceAccount`). */
export interface ImagePullServiceAccount {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

/** Whose credentials an image was pulled with (`ImagePullCredentials`). Nobody's: it is unknown who may have it. */
export interface ImagePullCredentials {
  readonly kubernetesSecrets?: readonly ImagePullSecret[];
  readonly kubernetesServiceAccounts?: readonly ImagePullServiceAccount[];
  /** With the node's own credentials, or none at all: every Pod may have it. Default false. */
  readonly nodePodsAccessible?: boolean;
}

/** What a Pod itself brings for an image; credentials of the node are nobody's here. */
export interface PodPullCredentials {
  readonly secrets: readonly ImagePullSecret[];
  readonly serviceAccount: ImagePullServiceAccount | undefined;
}

/** An image that the runtime has. */
export interface PresentImage {
  readonly id: string;
  /** All tags and digests that it has for it. */
  readonly names: readonly string[];
}

/**
 * Remembers which images this kubelet has pulled, and with whose credentials. `image` is always what the Pod's container says, `imageRef` the runtime's
 * id. Upstream: ImagePullManager in pkg/kubelet/images/pullmanager.
 */
export interface ImagePullRecords {
  /**
   * A pull is about to begin; each call is followed by one of `pulled` and `failed`. `present`: what the runtime has under this name now.
   * @throws the error of the file system: then nothing may be pulled
   */
  intend(image: string, present: PresentImage | undefined): Promise<void>;
  /** Never rejects: what cannot be written leaves the intent, by which the image counts as pulled. */
  pulled(image: string, imageRef: string, credentials: ImagePullCredentials): Promise<void>;
  /** Never rejects. */
  failed(image: string): Promise<void>;
  /** Whether a Pod may only have an image that is there if a registry gives it. Rejects when `ofPod` does. */
  mustPull(image: string, present: PresentImage, ofPod: () => Promise<PodPullCredentials>): Promise<boolean>;
}
