import { stringify } from 'yaml';

/** YAML text as Kubernetes writes it: keys in order, no folding, lists not indented. */
export const yamlText = (value: unknown): string =>
  stringify(value, {
    sortMapEntries: true,
    lineWidth: 0,
    indentSeq: false,
    singleQuote: true,
    version: '1.1',
    aliasDuplicateObjects: false,
  });
