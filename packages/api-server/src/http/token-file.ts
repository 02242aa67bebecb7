import type { UserInfo } from '../access/authorizer.js';

/** The parts of one line of comma-separated values; a quoted one may have commas and doubled quotes in it. */
const partsOf = (line: string): readonly string[] => {
  const parts: string[] = [];
  const form = /("(?:[^"]|"")*"|[^,]*)(?:,|$)/y;
  while (form.lastIndex < line.length) {
    const text = form.exec(line)?.[1] ?? '';
    parts.push(text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);
    if (form.lastIndex === 0) break;
  }
  return parts.map((part) => part.trim());
};

/**
 * Reads a static token file: `token,user,uid,"group,group"` a line, as `--token-auth-file` has it.
 * @throws Error with the line that is none
 */
export const parseTokenFile = (text: string): ReadonlyMap<string, UserInfo> => {
  const users = new Map<string, UserInfo>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [token = '', username = '', uid = '', groups = ''] = partsOf(line);
    if (token === '' || username === '') throw new Error(`token file, line ${i + 1}: write token,user,uid,"group,group"`);
    users.set(token, {
      username,
      ...(uid !== '' && { uid }),
      groups: groups
        .split(',')
        .map((group) => group.trim())
        .filter((group) => group !== ''),
    });
  }
  return users;
};
