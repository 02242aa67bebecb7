import { CliError } from '../cli-error.js';

/** What is wrong with a bundle, or with what one is to be made of. */
export const bundleRefused = (path: string, message: string, hint?: string): Error =>
  new CliError({ code: 'CLI_BUNDLE_REFUSED', message: `${path}: ${message}`, ...(hint === undefined ? {} : { hint }) });
