import type { Forward } from './service-rules.js';

/** Connections that the kernel should forget. */
export interface ConntrackFlush {
  readonly protocol: Forward['protocol'];
  /** Where clients send to; undefined: any address. */
  readonly address: string | undefined;
  readonly port: number;
  /** Only those that this endpoint answers. Undefined: all. */
  readonly endpoint?: string;
}

/**
 * What datagrams would go on to by memory alone: endpoints that left, also where nobody is left (upstream leaves those, kubernetes#139628), and places that
 * no rule knew before, for which packets were sent away unchanged.
 */
export const conntrackFlushes = (before: readonly Forward[], after: readonly Forward[]): readonly ConntrackFlush[] => {
  const keyOf = ({ protocol, address = '', port }: Forward): string => `${protocol} ${address} ${port}`;
  const next = new Map(after.map((forward) => [keyOf(forward), forward]));
  const known = new Map(before.map((forward) => [keyOf(forward), forward]));
  return [
    ...before.flatMap((forward) => {
      const { protocol, address, port } = forward;
      const left = new Set(next.get(keyOf(forward))?.endpoints ?? []);
      return [...new Set(forward.endpoints)]
        .filter((endpoint) => !left.has(endpoint))
        .map((endpoint) => ({ protocol, address, port, endpoint }));
    }),
    ...after.filter((forward) => !known.has(keyOf(forward))).map(({ protocol, address, port }) => ({ protocol, address, port })),
  ];
};
