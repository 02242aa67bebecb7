/** One key of a bucket. */
export interface ListedKey {
  readonly key: string;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
}

export interface ListingPage {
  readonly keys: readonly ListedKey[];
  /** What to ask for the next page with; undefined: this is the last one. */
  readonly next: string | undefined;
}

/** Reads what ListObjectsV2 answers. `undefined`: it is no such answer, or not one that can be used. */
export const parseListing = (xml: string): ListingPage | undefined => {
  if (!/<ListBucketResult[\s>]/.test(xml.slice(0, 1_000))) return undefined;
  const [head = '', ...parts] = xml.split('<Contents>');
  const tail = xml.slice(Math.max(0, xml.lastIndexOf('</Contents>')));
  const about = (name: string): string | undefined => textOf(head, name) ?? textOf(tail, name);
  // Not every server does as it is asked.
  const isEncoded = about('EncodingType') === 'url';
  const keys: ListedKey[] = [];
  for (const part of parts) {
    const end = part.indexOf('</Contents>');
    if (end < 0) return undefined;
    const entry = part.slice(0, end);
    const [given, etag, size] = [textOf(entry, 'Key'), textOf(entry, 'ETag'), textOf(entry, 'Size')];
    const key = isEncoded ? decodedKey(given) : given;
    if (key === undefined || size === undefined || !/^\d{1,15}$/.test(size)) return undefined;
    keys.push({ key, etag: etag ?? '', size: Number(size) });
  }
  if (about('IsTruncated') !== 'true') return { keys, next: undefined };
  const next = about('NextContinuationToken');
  return next === undefined || next === '' ? undefined : { keys, next };
};

const textOf = (xml: string, name: string): string | undefined => {
  const from = xml.indexOf(`<${name}>`);
  const to = from < 0 ? -1 : xml.indexOf(`</${name}>`, from);
  return to < 0 ? undefined : unescaped(xml.slice(from + name.length + 2, to));
};

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescaped = (text: string): string =>
  text.replace(/&(#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-z]{2,4});/g, (whole, name: string) => {
    const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    if (name.startsWith('#')) return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    return NAMED[name] ?? whole;
  });

const decodedKey = (text: string | undefined): string | undefined => {
  try {
    return text === undefined ? undefined : decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
};
