/** Headers of a request for a piece of a file: its bytes as they are, since a range of what is compressed on the way is another one. */
export const fileHeaders = (range: string | undefined): readonly (readonly [name: string, value: string])[] => [
  ['accept-encoding', 'identity'],
  ...(range === undefined ? [] : [['range', range] as const]),
];
