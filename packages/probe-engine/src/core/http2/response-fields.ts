import type { Field } from './hpack-decoder.js';

const REQUEST_FIELDS = new Set([':method', ':path', ':scheme', ':authority', ':protocol']);
/** Letters of a token without capitals (RFC 9113, 8.2.1; RFC 9110, 5.6.2). */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for.
const BAD_IN_VALUE = /[\x00-\x08\x0a-\x1f\x7f]/;

/** What is wrong with the fields of an answer, with the words of Go's HTTP/2 (golang.org/x/net/http2, frame.go); undefined when nothing is. */
export const faultOfFields = (fields: readonly Field[]): string | undefined => {
  const pseudo: string[] = [];
  for (const [index, [name, value]] of fields.entries()) {
    if (BAD_IN_VALUE.test(value)) return `invalid header field value for ${JSON.stringify(name)}`;
    if (name.startsWith(':')) {
      if (index > pseudo.length) return 'pseudo header field after regular';
      if (name !== ':status' && !REQUEST_FIELDS.has(name)) return `invalid pseudo-header ${JSON.stringify(name)}`;
      if (pseudo.includes(name)) return `duplicate pseudo-header ${JSON.stringify(name)}`;
      pseudo.push(name);
    } else if (!NAME.test(name)) return `invalid header field name ${JSON.stringify(name)}`;
  }
  return pseudo.includes(':status') && pseudo.length > 1 ? 'mix of request and response pseudo headers' : undefined;
};
