import { describe, expect, it } from 'vitest';
import { expandVariables } from './expand-variables.js';
import { parseEnvFile } from './parse-env-file.js';

const variables: Readonly<Record<string, string>> = { A: 'a', REF: '$(A)', '': 'nothing' };
const lookup = (name: string): string | undefined => variables[name];

describe('expandVariables', () => {
  it.each([
    ['$(A)x', 'ax'],
    ['$$(A)', '$(A)'],
    ['$(NOPE)', '$(NOPE)'],
    ['$(REF)', '$(A)'],
    ['$()', 'nothing'],
    ['$(A', '$(A'],
    ['$A$', '$A$'],
    ['$($$(A)', '$($$(A)'],
  ])('makes %s into %s', (input, output) => expect(expandVariables(input, lookup)).toBe(output));
});

describe('parseEnvFile', () => {
  it.each([
    ["K='v'", 'v'],
    ["# c\n\n  K='v' # c", 'v'],
    ["K='1'\nK='2'", '1'],
    ["K='a\nb'", 'a\nb'],
    ["K='v'\r\n", 'v'],
    ['K= x', ''],
    ["L='v'", ''],
    ["K='v'\nbroken", 'v'],
  ])('finds in %j the value %j', (content, value) => expect(parseEnvFile(content, 'K')).toEqual({ ok: true, value }));

  it.each([
    ['K', "at line 1: missing '='"],
    ["='v'", 'empty variable name'],
    ["K ='v'", "whitespace before '='"],
    ['K=v', 'value must be enclosed in single quotes'],
    ["K='v'x", 'unexpected content after closing quote'],
    ["\nK='v", 'starting at line 2: unclosed single quote'],
    [`K='${'x'.repeat(70_000)}'`, 'longer than 65536 bytes'],
  ])('refuses %j', (content, error) =>
    expect(parseEnvFile(content, 'K')).toMatchObject({ ok: false, error: expect.stringContaining(error) }),
  );
});
