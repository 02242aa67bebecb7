import type { Container } from '../gen/pod-types.js';
import { fnv1a32 } from './fnv.js';

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** A string as Go's JSON encoder writes it. */
const goString = (text: string): string => JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character]!);

/**
 * The hash by which the kubelet tells whether a running container is still the one its manifest asks for: lower-case hex without padding.
 * Only name and image count (kubecontainer.HashContainer).
 */
export const containerHash = ({ name, image }: Pick<Container, 'name' | 'image'>): string => {
  const parts = [...(image ? [`"image":${goString(image)}`] : []), `"name":${goString(name)}`];
  const json = `{${parts.join(',')}}`;
  const encoder = new TextEncoder();
  const printed = `([]uint8)[${encoder.encode(json).join(' ')}]`;
  return fnv1a32(encoder.encode(printed)).toString(16);
};
