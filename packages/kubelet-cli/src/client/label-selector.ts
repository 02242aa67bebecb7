import { CliError } from '../cli-error.js';

/** Parses `-l` selectors: `a=b,c!=d,e,!f,g in (x,y),h notin (z)`. @throws CliError CLI_USAGE */
export const parseLabelSelector = (text: string): ((labels: Readonly<Record<string, string>> | undefined) => boolean) => {
  const requirements = text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseRequirement);
  return (labels = {}) => requirements.every((matches) => matches(labels));
};

type Labels = Readonly<Record<string, string>>;

const parseRequirement = (text: string): ((labels: Labels) => boolean) => {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (labels) => values.includes(labels[key] ?? '\0') === (operator === 'in');
  }
  const equality = /^([^\s=!]+)\s*(==|=|!=)\s*(\S*)$/.exec(text);
  if (equality) {
    const [, key = '', operator, value] = equality;
    return (labels) => (labels[key] === value) === (operator !== '!=');
  }
  if (/^![^\s=!]+$/.test(text)) return (labels) => !Object.hasOwn(labels, text.slice(1));
  if (/^[^\s=!()]+$/.test(text)) return (labels) => Object.hasOwn(labels, text);
  throw new CliError({
    code: 'CLI_USAGE',
    message: `cannot read the selector "${text}"`,
    hint: 'Write key=value, key!=value, key, !key, key in (a,b) or key notin (a).',
  });
};
