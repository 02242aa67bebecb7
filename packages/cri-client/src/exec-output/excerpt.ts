/** How much of what a command writes is kept, bytes of each stream. What lies between is left out, and was never held. */
export interface OutputKept {
  /** Of its beginning. Default none. */
  readonly head?: number;
  /** Of its end. Default none. */
  readonly tail?: number;
}

export interface Excerpt {
  /** Takes bytes in; they are copied, as far as they are kept. */
  add(bytes: Uint8Array): void;
  /** What was kept: everything where it is no more than head and tail together, else the one behind the other. */
  kept(): Buffer;
}

const NONE = Buffer.alloc(0);

/** Keeps the beginning and the end of bytes of any number, in memory of the size of both. */
export const createExcerpt = ({ head = 0, tail = 0 }: OutputKept): Excerpt => {
  const first: Buffer[] = [];
  let missing = head;
  let last: Buffer = NONE;
  return {
    add: (bytes) => {
      if (missing > 0 && bytes.length > 0) {
        const taken = Buffer.from(bytes.subarray(0, missing));
        first.push(taken);
        missing -= taken.length;
        bytes = bytes.subarray(taken.length);
      }
      if (tail === 0 || bytes.length === 0) return;
      const rest = bytes.subarray(Math.max(0, bytes.length - tail));
      const before = last.subarray(Math.max(0, last.length + rest.length - tail));
      last = Buffer.concat([before, rest]);
    },
    kept: () => Buffer.concat([...first, last]),
  };
};
