import { CniError } from './cni-error.js';

/** Arguments in the order they were given. */
export type CniArgs = readonly (readonly [key: string, value: string])[];

const refuse = (message: string): never => {
  throw new CniError({ code: 'CNI_INVALID_ARGUMENT', message });
};

/** The text of `CNI_ARGS`: `K=V;K2=V2`. The format has no escapes, so `;` can't be carried at all, nor `=` in a key. */
export const formatCniArgs = (args: CniArgs): string =>
  args
    .map(([key, value]) => {
      if (key === '' || /[=;]/.test(key)) refuse(`CNI argument name ${JSON.stringify(key)} must be non-empty, without "=" and ";"`);
      if (value.includes(';') || value.includes('\0')) refuse(`CNI argument ${key} must not hold ";"`);
      return `${key}=${value}`;
    })
    .join(';');

/** Reads `K=V;K2=V2`; empty text means no arguments. */
export const parseCniArgs = (text: string): CniArgs =>
  text === ''
    ? []
    : text.split(';').map((pair): readonly [string, string] => {
        const equals = pair.indexOf('=');
        if (equals <= 0) refuse(`CNI argument ${JSON.stringify(pair)} is not of the form KEY=VALUE`);
        return [pair.slice(0, equals), pair.slice(equals + 1)];
      });
