import { CniError } from './cni-error.js';

/** Network names and container ids (spec section 1 and 2). */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
/** Linux' IFNAMSIZ less the final NUL. */
const MAX_IF_NAME_LENGTH = 15;

/** Why a text can't be a network name or container id; undefined when it can. */
export const nameFault = (text: string): string | undefined => {
  if (text === '') return 'must not be empty';
  return NAME.test(text) ? undefined : 'must start with a letter or digit and hold only letters, digits, "_", "." and "-"';
};

/** Why a text can't be an interface name; undefined when it can. */
export const ifNameFault = (text: string): string | undefined => {
  if (text === '') return 'must not be empty';
  if (text.length > MAX_IF_NAME_LENGTH) return `must not be longer than ${MAX_IF_NAME_LENGTH} characters`;
  if (text === '.' || text === '..') return 'must not be "." or ".."';
  return /[/:\s]/.test(text) ? 'must not hold "/", ":" or white space' : undefined;
};

const demand = (what: string, text: string, fault: string | undefined): void => {
  if (fault !== undefined) throw new CniError({ code: 'CNI_INVALID_ARGUMENT', message: `${what} ${JSON.stringify(text)} ${fault}` });
};

/** Throws CNI_INVALID_ARGUMENT unless the text can name a network. */
export const validateNetworkName = (text: string): void => demand('network name', text, nameFault(text));
/** Throws CNI_INVALID_ARGUMENT unless the text can be a container id. */
export const validateContainerId = (text: string): void => demand('container id', text, nameFault(text));
/** Throws CNI_INVALID_ARGUMENT unless the text can name a network interface. */
export const validateIfName = (text: string): void => demand('interface name', text, ifNameFault(text));
