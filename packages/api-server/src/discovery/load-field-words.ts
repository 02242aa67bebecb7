import type { DescribeField } from './field-words.js';

/** Loads the words of `kubectl explain`: some hundred kilobytes that nothing else needs. */
export const loadFieldWords = async (): Promise<DescribeField> => (await import('./field-words.js')).createFieldWords();
