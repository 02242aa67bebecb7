import { execFileSync } from 'node:child_process';
import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import type { CliIo } from '../cli-io.js';
import { main } from '../main.js';

const printed = async (...argv: string[]): Promise<{ readonly status: number; readonly text: string }> => {
  let text = '';
  const stdout = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  const io = {
    programName: 'kubelet-cli',
    stdin: process.stdin,
    stdout,
    stderr: stdout,
    env: {},
    interrupted: new AbortController().signal,
  } as unknown as CliIo;
  return { status: await main(argv, io), text };
};

it('prints a bash script that bash can read and that completes commands and options', async () => {
  const { text } = await printed('completion', 'bash');
  const complete = (words: string): string =>
    execFileSync(
      'bash',
      ['-c', `${text}\nCOMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _kubelet_cli; echo "\${COMPREPLY[@]}"`],
      { encoding: 'utf8' },
    ).trim();
  expect(complete('kubelet-cli desc')).toBe('describe');
  expect(complete('kubelet-cli get ma')).toBe('manifests');
  expect(complete('kubelet-cli logs --tim')).toBe('--timestamps');
});

it.each(['zsh', 'fish'])('has a script for %s that names every command', async (shell) => {
  const { text } = await printed('completion', shell);
  for (const name of ['up', 'run', 'get', 'apply', 'completion']) expect(text).toContain(name);
});

it('refuses another shell', async () => {
  expect(await printed('completion', 'tcsh')).toMatchObject({ status: 2 });
});
