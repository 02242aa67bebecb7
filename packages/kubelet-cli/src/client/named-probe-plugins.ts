import { resolve } from 'node:path';
import { type CommandInput, textsOption } from '../command.js';

/** The plugins of --probe-plugin. A path is taken from the working directory: unlike a service, these commands are called by hand. */
export const namedProbePlugins = (input: CommandInput): readonly string[] =>
  textsOption(input, 'probe-plugin').map((name) => (/^\.{0,2}\//.test(name) ? resolve(name) : name));
