#!/usr/bin/env node
// Writes docs/decisions/README.md, the list of all decisions, from the decisions themselves; `--check` fails on a difference instead.
// Either way every decision must have a number of its own, a status, and the parts decision, rationale and consequence, in this order.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PARTS = ['Decision', 'Rationale', 'Consequence'];
/** A part begins as a heading, in bold, or as a plain word with a colon. */
const partAt = (text, part) => text.search(new RegExp(`^(?:## ${part}$|\\*\\*${part}\\.\\*\\*|${part}:)`, 'm'));

/** What is wrong with one decision, in words. */
export const faultsOf = ({ file, text }) => {
  const number = file.slice(0, 3);
  const places = PARTS.map((part) => partAt(text, part));
  return [
    ...(/^\d{3}-[a-z0-9-]+\.md$/.test(file) ? [] : ['is not named NNN-title.md']),
    ...(text.startsWith(`# ${number} `) ? [] : [`does not begin with "# ${number} Title"`]),
    ...(/^Status: (accepted|superseded by \d{3})$/m.test(text) ? [] : ['has no line "Status: accepted" or "Status: superseded by NNN"']),
    ...PARTS.filter((_, index) => places[index] < 0).map((part) => `has no part ${part}`),
    ...(places.every((place, index) => index === 0 || place > places[index - 1])
      ? []
      : [`has its parts in another order than ${PARTS.join(', ')}`]),
  ].map((fault) => `${file} ${fault}`);
};

/** What is wrong with the decisions altogether. */
export const faultsOfAll = (decisions) => {
  const twins = decisions.filter(({ file }, index) => decisions.findIndex((other) => other.file.slice(0, 3) === file.slice(0, 3)) < index);
  return [...decisions.flatMap(faultsOf), ...twins.map(({ file }) => `${file} has a number that another decision has`)];
};

export const readDecisions = (directory) =>
  readdirSync(directory)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .sort()
    .map((file) => ({ file, text: readFileSync(join(directory, file), 'utf8') }));

/** What decisions are about, by their numbers, first and last. */
const AREAS = [
  ['Reading, defaulting and validating Pods', [10, 24]],
  ['Talking to the runtime', [25, 29]],
  ['Manifest sources', [30, 33]],
  ['Probes', [34, 39]],
  ['Networks', [40, 44], [96, 99]],
  ['What a container sees', [45, 59], [90, 95]],
  ['Deciding and carrying out', [60, 79]],
  ['Configuration, command line and running a node', [80, 89]],
  ['Further', [100, 999]],
];

export const renderIndex = (decisions) => {
  const areas = AREAS.map(([title, ...ranges]) => {
    const rows = decisions.filter(({ file }) =>
      ranges.some(([first, last]) => Number(file.slice(0, 3)) >= first && Number(file.slice(0, 3)) <= last),
    );
    return rows.length === 0 ? '' : `\n## ${title}\n\n${rows.map(row).join('\n')}\n`;
  });
  return `# Decisions

Where Solo Kubelet departs from Kubernetes, and where a choice was not obvious: what was decided, why, and what follows. \`node tools/workspace/decisions.mjs\` writes this list.
${areas.join('')}`;
};

const row = ({ file, text }) => {
  const superseded = /^Status: (superseded by \d{3})$/m.exec(text)?.[1];
  return `- [${text.slice(2, text.indexOf('\n'))}](${file})${superseded ? ` (${superseded})` : ''}`;
};

const main = () => {
  const directory = fileURLToPath(new URL('../../docs/decisions', import.meta.url));
  const index = join(directory, 'README.md');
  const decisions = readDecisions(directory);
  const faults = faultsOfAll(decisions);
  const text = renderIndex(decisions);
  if (!process.argv.includes('--check')) writeFileSync(index, text);
  else if (readFileSync(index, 'utf8') !== text) faults.push('README.md is stale (run: node tools/workspace/decisions.mjs)');
  for (const fault of faults) console.error(`docs/decisions: ${fault}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
