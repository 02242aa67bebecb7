import { matchesLabels, parseLabelSelector as parse } from '@solo-kubelet/selectors';
import { CliError } from '../cli-error.js';

/** Reads a `-l` selector, as kubectl's. @throws CliError CLI_USAGE */
export const parseLabelSelector = (text: string): ((labels: Readonly<Record<string, string>> | undefined) => boolean) => {
  const result = parse(text);
  if (result.ok) return (labels = {}) => matchesLabels(result.requirements, labels);
  throw new CliError({
    code: 'CLI_USAGE',
    message: `cannot read the selector "${text}": ${result.error}`,
    hint: 'Write key=value, key!=value, key, !key, key in (a,b) or key notin (a).',
  });
};
