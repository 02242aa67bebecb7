import { type ArchivedImage, fullName } from './archive-contents.js';

/** What of an archive is imported. */
export type ImageSelection =
  | {
      readonly type: 'selected';
      /** Full names by the images' places in the archive's list; the others are left out. */
      readonly names: ReadonlyMap<number, readonly string[]>;
    }
  | { readonly type: 'nameless'; readonly tag?: string }
  | { readonly type: 'refused'; readonly message: string };

/**
 * Of an archive's images those for this machine, by their names. Entries without a name beside named ones are signatures, attestations and the like; an
 * archive of which nothing has a name gets the one that was given.
 */
export const selectImages = (images: readonly ArchivedImage[], here: string, given: string | undefined): ImageSelection => {
  const numbered = images.map((image, index) => ({ ...image, index }));
  const named = numbered.filter(({ names }) => names.length > 0);
  const candidates = named.length > 0 ? named : numbered.filter(({ platforms }) => !platforms.includes(UNKNOWN));
  // What tells no platform may be for any.
  const fitting = candidates.filter(({ platforms }) => platforms.length === 0 || platforms.includes(here));
  if (fitting.length === 0) {
    const [first] = candidates;
    if (first === undefined) return { type: 'refused', message: 'it has no image' };
    const what = first.names[0] ?? (candidates.length > 1 ? 'each of its images' : 'its image');
    const platforms = [...new Set(candidates.flatMap((image) => image.platforms))];
    return { type: 'refused', message: `${what} is for ${platforms.join(', ')}; this machine is ${here}` };
  }
  if (named.length > 0) return { type: 'selected', names: new Map(fitting.map(({ index, names }) => [index, names])) };
  const sure = fitting.filter(({ platforms }) => platforms.includes(here));
  const [only, ...more] = sure.length > 0 ? sure : fitting;
  if (given === undefined) return { type: 'nameless', ...(only!.tag === undefined ? {} : { tag: only!.tag }) };
  if (more.length > 0) {
    const tags = [only!, ...more].map(({ tag, index }) => tag ?? `number ${index + 1}`).join(', ');
    return { type: 'refused', message: `it has ${more.length + 1} images without a name (${tags}), and one name was given` };
  }
  return { type: 'selected', names: new Map([[only!.index, [nameWithTag(given, only!.tag)]]]) };
};

/** The platform of attestations. */
const UNKNOWN = 'unknown/unknown';

const nameWithTag = (name: string, tag: string | undefined): string => {
  const hasTag = /[:@]/.test(name.slice(name.lastIndexOf('/')));
  return fullName(hasTag || tag === undefined ? name : `${name}:${tag}`);
};
