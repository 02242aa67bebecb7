import type { ApiObject } from '../object/api-object.js';
import { type ObjectResult, parseObject, parseObjectUpdate } from '../parse/parse-object.js';

/** Judges objects of one kind; a body is what follows `metadata` in the text, in flow style or as lines. */
export const judgeTexts = (apiVersion: string, kind: string) => {
  const textOf = (body: string, metadata: string): string =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a, generation: 1${metadata && `, ${metadata}`}}\n${body}\n`;
  const create = (body: string, metadata = ''): ObjectResult => parseObject(textOf(body, metadata), { path: 'a.yaml' });
  const sound = (body: string, metadata = ''): ApiObject => {
    const result = create(body, metadata);
    if (!result.ok) throw new Error(`not sound: ${messagesOf(result).join('; ')}`);
    return result.object;
  };
  const update = (before: string, after: string, metadata = ''): ObjectResult =>
    parseObjectUpdate(sound(before), textOf(after, metadata), { path: 'a.yaml' });
  return { create, sound, update };
};

/** What an object is refused for: the messages of its errors, or of its reading. */
export const messagesOf = (result: ObjectResult): readonly string[] => (result.ok ? [] : result.issues.map(({ message }) => message));

export const warningsOf = (result: ObjectResult): readonly string[] => (result.ok ? result.warnings.map(({ message }) => message) : []);
