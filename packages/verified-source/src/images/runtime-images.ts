import type { ListedBlob } from '../core/image-list.js';
import type { SourceImage } from '../core/images/source-image.js';

type Abortable = { readonly signal: AbortSignal };

/** An image that is about to go into the runtime, as an OCI layout. */
export interface LoadedImage extends ListedBlob {
  /** Full name that it gets. */
  readonly name: string;
  /** Of what it begins with. */
  readonly mediaType: string;
  /** What goes in: everything of it but what the runtime holds already. */
  readonly blobs: readonly ListedBlob[];
  /** The bytes of one of them; ends with an error where they are not what the digest says. */
  readonly open: (digest: string) => AsyncIterable<Uint8Array>;
}

/** The images of a container runtime, as a source needs them. All of it may be asked at any time, and none of it lasts for ever. */
export interface RuntimeImages {
  /** The one that images are taken for, such as `linux/amd64`. */
  readonly platform: string;
  /** Those of the images that it does not have, whole and under their names. */
  lacking(images: readonly SourceImage[], options: Abortable): Promise<readonly SourceImage[]>;
  /** Digests of the blobs that it holds; none where that can't be told. */
  heldBlobs(options: Abortable): Promise<ReadonlySet<string>>;
  /** Takes an image in. @throws (rejects) the runtime's own word */
  load(image: LoadedImage, options: Abortable): Promise<void>;
  /** Takes the image of this digest out of an archive and in, under this name. @throws (rejects) where the archive has none, and the runtime's own word */
  loadArchive(archive: { readonly path: string; readonly name: string; readonly digest: string }, options: Abortable): Promise<void>;
}
