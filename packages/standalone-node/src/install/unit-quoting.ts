import { NodeError } from '../node-error.js';

/**
 * A word of `ExecStart=` as systemd reads it (systemd.syntax, "Quoting"; systemd.unit, "Specifiers"): blanks and quotes stay in the word, `%` begins no
 * specifier. The program's own path takes no variables, so `$` is doubled in arguments only.
 */
export const execWord = (word: string, place: 'program' | 'argument' = 'argument'): string => {
  refuseUnwritable(word, place);
  const literal = word.replaceAll('%', '%%');
  const text = place === 'argument' ? literal.replaceAll('$', '$$$$') : literal;
  return /^[\w@%+=:,./$-]+$/.test(text) ? text : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
};

/**
 * systemd takes neither control characters nor what is not UTF-8, which Node shows as U+FFFD; and in the path of the program no quotes and backslashes
 * either, however they are written (`string_is_safe`).
 */
const refuseUnwritable = (word: string, place: 'program' | 'argument'): void => {
  const why = /[\p{Cc}\u2028\u2029\ufffd]/u.test(word)
    ? 'it has a control character, or is not UTF-8'
    : place === 'program' && /["'\\]/.test(word)
      ? 'systemd runs no program whose path has a quote or a backslash'
      : undefined;
  if (why === undefined) return;
  throw new NodeError({
    code: 'NODE_HOST_UNSUITABLE',
    message: `${JSON.stringify(word)} cannot be named in a systemd unit: ${why}`,
    hint: 'install Solo Kubelet and Node.js under a plain path, such as /usr/local',
  });
};

/** A text as one line of YAML: as it is where that is a plain scalar, else in quotes. */
export const yamlText = (text: string): string => (/^[A-Za-z/][\w:/.+-]*$/.test(text) && !text.endsWith(':') ? text : JSON.stringify(text));
