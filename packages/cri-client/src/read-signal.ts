import { Signal } from '@solo-kubelet/cri-types';

/**
 * A signal by its name in JSON: CRI of 1.37 put `SIGNAL_` in front of the names, and what runtimes and tools print has either spelling. A number, or a
 * number as text, is what stands on the wire. Undefined: no such signal.
 */
export const readSignal = (value: unknown): Signal | undefined => {
  if (typeof value === 'number') return Object.hasOwn(Signal, value) ? (value as Signal) : undefined;
  if (typeof value !== 'string') return undefined;
  if (/^\d{1,3}$/.test(value)) return readSignal(Number(value));
  const name = value.replace(/^SIGNAL_/, '');
  const signal: unknown = Object.hasOwn(Signal, name) ? Signal[name as keyof typeof Signal] : undefined;
  return typeof signal === 'number' && name !== 'UNRECOGNIZED' ? signal : undefined;
};
