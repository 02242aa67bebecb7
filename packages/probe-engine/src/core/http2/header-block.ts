import { joinBytes } from './encode-frames.js';
import type { Http2ErrorName } from './error-codes.js';
import { FLAG } from './frame-types.js';
import { createHpackDecoder, type Field } from './hpack-decoder.js';

/** What a fragment of a block of headers made of it. */
export type BlockOutcome =
  | { readonly type: 'more' }
  | { readonly type: 'headers'; readonly fields: readonly Field[]; readonly isEnd: boolean }
  | { readonly type: 'tooManyHeaders' }
  | { readonly type: 'broken'; readonly error: Http2ErrorName };

/** Puts blocks of headers together from HEADERS and CONTINUATION frames (RFC 9113, 4.3 and 6.10). Holds no more than `maxListBytes` of them. */
export const createHeaderBlock = (maxListBytes: number) => {
  const decoder = createHpackDecoder({ maxListBytes });
  let fragments: Uint8Array[] | undefined;
  let [held, isEnd] = [0, false];

  const finish = (block: Uint8Array): BlockOutcome => {
    fragments = undefined;
    const decoded = decoder.decode(block);
    switch (decoded.type) {
      case 'fields':
        return { type: 'headers', fields: decoded.fields, isEnd };
      case 'tooLarge':
        return { type: 'tooManyHeaders' };
      case 'broken':
        return { type: 'broken', error: 'COMPRESSION_ERROR' };
    }
  };

  const go = (fragment: Uint8Array, flags: number): BlockOutcome => {
    const isWhole = (flags & FLAG.endHeaders) !== 0;
    if (isWhole && fragments === undefined) return finish(fragment);
    held += fragment.length;
    if (held > maxListBytes) return { type: 'tooManyHeaders' };
    fragments ??= [];
    // The bytes of a frame are lent. Not `slice`: that of a Buffer copies nothing.
    fragments.push(new Uint8Array(fragment));
    return isWhole ? finish(joinBytes(fragments)) : { type: 'more' };
  };

  return {
    /** Whether nothing but a CONTINUATION may come. */
    isOpen: (): boolean => fragments !== undefined,
    begin: (fragment: Uint8Array, flags: number): BlockOutcome => {
      held = 0;
      isEnd = (flags & FLAG.endStream) !== 0;
      return go(fragment, flags);
    },
    go,
  };
};
