#!/usr/bin/env node
// Holds what people read (documents, and texts of the programs) to the words of the field: docs/glossary.md says which and why. Run by `pnpm lint`.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Words that are not to be used, and what to say instead. `documents`: only documents are held to it yet, since the programs still have it in names
 * that their texts quote.
 */
export const TERMS = [
  { word: /\bfurther networks?\b/i, say: 'secondary network', documents: true },
  { word: /\bstrangers?\b/i, say: 'consumer' },
  { word: /\bfigures\b/i, say: 'statistics, metrics or measurements' },
  { word: /\bowner's mark\b/i, say: 'owner label' },
  { word: /\brun-once pods?\b/i, say: 'Pod with restartPolicy: Never' },
  { word: /\bdead flags?\b/i, say: 'deprecated or removed flag' },
  { word: /\bstand-in namespaces?\b/i, say: 'temporary network namespace', documents: true },
  { word: /\bsurroundings\b/i, say: 'environment' },
  { word: /\bdeparted\b/i, say: 'recently terminated' },
  { word: /\bleft ?behind\b/i, say: 'orphaned' },
  { word: /\bburnt\b/i, say: 'used' },
  { word: /\bnode in trouble\b/i, say: 'node under pressure' },
  { word: /\bquiet heap\b/i, say: 'garbage collection when idle' },
  { word: /\b(?:fewer|failed) looks?\b/i, say: 'relist' },
  { word: /\blooks? at the (?:container )?runtime\b/i, say: 'relist', documents: true },
  // Names, as their projects write them.
  { word: /\bcontainer[- ]d\b/i, say: 'containerd' },
  { word: /\bKubernete(?!s)\w*/i, say: 'Kubernetes' },
  { word: /\bCRIO\b/, say: 'CRI-O' },
];

/** What people read of a Markdown text: no code, no addresses of links. Lines keep their numbers. */
export const proseOf = (markdown) => {
  let inCode = false;
  return markdown.split('\n').map((line) => {
    if (/^\s*(```|~~~)/.test(line)) {
      inCode = !inCode;
      return '';
    }
    return inCode ? '' : line.replace(/`[^`]*`/g, '').replace(/\]\([^)]*\)/g, ']');
  });
};

/** Texts of a program: its literals of more than one word, line by line; no comments. */
export const textsOf = (source) =>
  source.split('\n').map((line) =>
    /^\s*(\/\/|\/\*|\*)/.test(line)
      ? ''
      : [...line.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)]
          .map(([, single, double, template]) => single ?? double ?? template)
          .filter((text) => /\w \w/.test(text))
          .join(' | '),
  );

/** Every word of the list in a file, with its line and what to say. */
export const faultsIn = (path, text) => {
  const isDocument = /\.(md|yml)$/.test(path);
  const lines = path.endsWith('.md') ? proseOf(text) : isDocument ? text.split('\n') : textsOf(text);
  return lines.flatMap((line, index) =>
    TERMS.filter(({ documents, word }) => (isDocument || !documents) && word.test(line)).map(
      ({ word, say }) => `${path}:${index + 1}: "${word.exec(line)[0]}": say ${say}`,
    ),
  );
};

/** Titles of decisions, and what is made from texts of programs, change with those. */
const NOT_YET = ['docs/decisions/', 'docs/kubelet-configuration.md', 'docs/glossary.md'];

const check = (root) => {
  const files = execFileSync('git', ['ls-files', '*.md', '.github', 'packages/*/src/*.ts'], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n')
    .filter((path) => /\.(md|yml|ts)$/.test(path) && !/\.test\.ts$|\/gen\/|\/testing\/|^\.changeset/.test(path))
    .filter((path) => !NOT_YET.some((start) => path.startsWith(start)));
  return files.flatMap((path) => faultsIn(path, readFileSync(join(root, path), 'utf8')));
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const faults = check(fileURLToPath(new URL('../..', import.meta.url)));
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
