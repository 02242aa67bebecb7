import { parseGoDuration } from '@solo-kubelet/diagnostics/text';
import { KubeletError } from '../process/kubelet-error.js';
import type { FlagKind } from './flag-table.js';

/** The JSON value, as a configuration file would say it, of a flag that was given these texts. */
export const flagValue = (name: string, kind: FlagKind, texts: readonly string[]): unknown => {
  const last = texts.at(-1)!;
  const invalid = (text: string, expected: string): Error =>
    new KubeletError({ code: 'KUBELET_USAGE', message: `invalid argument ${JSON.stringify(text)} for --${name}: expected ${expected}` });
  const items = texts.flatMap((text) => (text === '' ? [] : text.split(','))).map((item) => item.trim());
  const pairs = (separator: string, expected: string): readonly (readonly [string, string])[] =>
    items.map((item) => {
      const at = item.indexOf(separator);
      if (at < 1) throw invalid(item, expected);
      return [item.slice(0, at).trim(), item.slice(at + 1).trim()];
    });
  switch (kind) {
    case 'text':
      return last;
    case 'truth':
      if (/^(1|t|T|true|TRUE|True)$/.test(last)) return true;
      if (/^(0|f|F|false|FALSE|False)$/.test(last)) return false;
      throw invalid(last, 'true or false');
    case 'whole':
      if (!/^[+-]?\d+$/.test(last)) throw invalid(last, 'a whole number');
      return Number(last);
    case 'decimal':
      if (last === '' || Number.isNaN(Number(last))) throw invalid(last, 'a number');
      return Number(last);
    case 'duration':
      if (parseGoDuration(last) === undefined) throw invalid(last, 'a duration such as 1m30s');
      return last;
    case 'texts':
      return items;
    case 'map':
      return Object.fromEntries(pairs('=', 'name=value'));
    case 'thresholds':
      return Object.fromEntries(pairs('<', 'signal<value'));
    case 'gates':
      return Object.fromEntries(pairs('=', 'Gate=true or Gate=false').map(([gate, value]) => [gate, flagValue(name, 'truth', [value])]));
    case 'headers': {
      const headers: Record<string, string[]> = {};
      for (const [header, value] of pairs(':', 'Name:value')) headers[header] = [...(headers[header] ?? []), value];
      return headers;
    }
  }
};
