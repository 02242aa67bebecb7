import { describe, expect, it } from 'vitest';
import { configMapFiles, type ObjectFilesResult, secretFiles } from './object-files.js';

const shown = (result: ObjectFilesResult): object =>
  result.ok
    ? Object.fromEntries([...result.files].map(([path, { data, mode }]) => [path, `${new TextDecoder().decode(data)} ${mode.toString(8)}`]))
    : { error: result.error };

describe('files of a volume', () => {
  const configMap = { data: { a: 'é' }, binaryData: { bin: 'aGk=' } };

  it('are all keys, or those that items name, with their modes', () => {
    expect(shown(configMapFiles(configMap, { defaultMode: 0o644 }))).toEqual({ a: 'é 644', bin: 'hi 644' });
    const items = [
      { key: 'bin', path: 'dir/x', mode: 0 },
      { key: 'a', path: 'y' },
    ];
    expect(shown(configMapFiles(configMap, { items, defaultMode: 0o400 }))).toEqual({ 'dir/x': 'hi 0', y: 'é 400' });
    expect(shown(secretFiles({ data: { s: 'aGk=' } }, { items: [], defaultMode: 0o644 }))).toEqual({ s: 'hi 644' });
  });

  it('need every key that items name, unless they are optional', () => {
    const items = [{ key: 'nope', path: 'n' }];
    expect(shown(configMapFiles(configMap, { items, defaultMode: 0o644 }))).toEqual({
      error: 'configmap references non-existent config key: nope',
    });
    expect(shown(secretFiles({}, { items, defaultMode: 0o644 }))).toEqual({ error: 'references non-existent secret key: nope' });
    expect(shown(configMapFiles(configMap, { items, defaultMode: 0o644, optional: true }))).toEqual({});
  });

  it('need a mode', () => {
    expect(shown(secretFiles({ data: {} }, {}))).toEqual({ error: 'no defaultMode used, not even the default value for it' });
  });
});
