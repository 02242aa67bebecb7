import type { ParseManifest } from '@solo-kubelet/manifest-source';
import { parseMixedManifest } from '@solo-kubelet/object-spec';

const CONTAINERS: ReadonlySet<string> = new Set(['containers', 'initContainers']);

/** The images that the documents of a text name, of Pods and of the templates of workloads. */
export const wantedImages = (
  text: Uint8Array,
  {
    path,
    nodeName,
    parse = parseMixedManifest,
  }: { readonly path: string; readonly nodeName: string; readonly parse?: ParseManifest | undefined },
): readonly string[] => {
  const images = new Set<string>();
  for (const document of parse(text, { path, nodeName, source: 'url' }).documents) addImages(document, images);
  return [...images].sort();
};

/** Documents are trees that a parser made, of bounded depth. */
const addImages = (value: unknown, images: Set<string>): void => {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (CONTAINERS.has(key) && Array.isArray(part)) for (const one of part) addImage(one, images);
    else addImages(part, images);
  }
};

const addImage = (container: unknown, images: Set<string>): void => {
  const image: unknown = (container as { readonly image?: unknown } | null)?.image;
  if (typeof image === 'string' && image !== '') images.add(image);
};
