import type { ImageList } from '@solo-kubelet/verified-source';
import { tarHeader, tarPadding } from '../copy/tar-header.js';

/** The signed part of a bundle: an archive of manifests with the list of images, as a source's server could answer it. */
export const CONTENT_NAME = 'manifests.tar';
/** What a bundle is signed by: programs that everybody has, and signatures that are small. */
export type BundleSignatureKind = 'minisign' | 'ssh';
const SIGNATURE_NAMES: Readonly<Record<BundleSignatureKind, string>> = {
  minisign: `${CONTENT_NAME}.minisig`,
  ssh: `${CONTENT_NAME}.sig`,
};
/** Room of the signature, so that a bundle of any size can be signed where it lies; the rest of it is empty lines. */
export const SIGNATURE_BYTES = 4_096;
/** Most that the signed part may have, bytes: manifests, the list of images, and what an archive adds. */
export const MAX_CONTENT_BYTES = 8 << 20;
const END_BYTES = 1_024;
const BLOCK_BYTES = 512;

export interface BundleEntry {
  readonly name: string;
  readonly size: number;
  /** Where its header is in the bundle, bytes. */
  readonly at: number;
}

/** The one header that an entry has: no owner, no time, so that equal contents are equal bytes, and whoever reads a bundle need not ask what else could be there. */
export const entryHeader = ({ name, size }: Pick<BundleEntry, 'name' | 'size'>): Buffer =>
  tarHeader({ name, type: 'file', mode: 0o644, size, mtime: 0 });

export const signatureName = (type: BundleSignatureKind): string => SIGNATURE_NAMES[type];
export const HEADER_BYTES = BLOCK_BYTES;
export const blobName = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** What makes a bundle an OCI layout too, which other programs can read. */
export const layoutDocuments = ({ images }: Pick<ImageList, 'images'>): readonly { readonly name: string; readonly content: Buffer }[] => [
  { name: 'oci-layout', content: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
  {
    name: 'index.json',
    content: Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: images.map(({ name, mediaType, digest, size }) => ({
          mediaType,
          digest,
          size,
          annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
        })),
      }),
    ),
  },
];

/** Where everything is in a bundle: the signed part, of so many bytes, and its list of images say it all. */
export const bundleLayout = (
  contentBytes: number,
  list: ImageList,
): {
  readonly signature: BundleEntry;
  readonly documents: readonly BundleEntry[];
  readonly blobs: readonly BundleEntry[];
  readonly size: number;
} => {
  let at = 0;
  const place = ({ name, size }: Pick<BundleEntry, 'name' | 'size'>): BundleEntry => {
    const entry = { name, size, at };
    at += HEADER_BYTES + size + tarPadding(size).length;
    return entry;
  };
  place({ name: CONTENT_NAME, size: contentBytes });
  const signature = place({ name: signatureName('ssh'), size: SIGNATURE_BYTES });
  const documents = layoutDocuments(list).map(({ name, content }) => place({ name, size: content.length }));
  const blobs = list.blobs.map(({ digest, size }) => place({ name: blobName(digest), size }));
  return { signature, documents, blobs, size: at + END_BYTES };
};
