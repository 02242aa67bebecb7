/** Parts of lines that stand for no fault. */
const EMPTY_WORDS = [
  '[NOTICE]',
  'nginx: configuration file ',
  ': Error(s) found in configuration file',
  ': Fatal errors found in configuration.',
];

/**
 * What a proxy says against a configuration, without what differs each time that it says so: when, its process id, and the generation, whose files are below
 * `directory`. The same fault reads the same, and is told once.
 */
export const configurationFault = (said: string, directory: string): string => {
  const lines = said
    .replaceAll(`${directory}/`, '')
    .replace(/\bgeneration-\d+\//g, '')
    .split('\n')
    .map((line) =>
      line
        .replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, '')
        .replace(/^(\[\w+\]) \d+#\d+: /, '$1 ')
        .replace(/^(\[\w+\]) +\(\d+\) : /, '$1 ')
        .trim(),
    );
  return [...new Set(lines.filter((line) => line !== '' && !EMPTY_WORDS.some((words) => line.includes(words))))].join('; ');
};
