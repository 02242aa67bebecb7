import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PROJECT_URL, packages } from '../packages.mjs';
import { commandFaults, type Surroundings, workflowFaults, yamlFaults } from './workflow-faults.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const exists = (path: string): boolean => existsSync(join(root, path));
const list = (directory: string, suffix: string): readonly string[] =>
  readdirSync(join(root, directory))
    .filter((name) => name.endsWith(suffix))
    .map((name) => `${directory}/${name}`);

interface Manifest {
  readonly name: string;
  readonly keywords?: readonly string[];
  readonly homepage?: string;
  readonly repository?: { readonly url: string; readonly directory?: string };
  readonly bugs?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly packageManager?: string;
  readonly engines?: { readonly node: string };
}
const manifest = (path: string): Manifest => JSON.parse(read(path)) as Manifest;
const whole = manifest('package.json');
const surroundings: Surroundings = { scripts: Object.keys(whole.scripts ?? {}), fileExists: exists };

/** JSON with comments, as editors read it. */
const readJsonc = (path: string): unknown => {
  const { config, error } = ts.parseConfigFileTextToJson(path, read(path));
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'));
  return config;
};

describe('hosted workflows', () => {
  it.each(list('.github/workflows', '.yml'))('%s holds together', (path) => {
    expect(workflowFaults(read(path), surroundings)).toEqual([]);
  });

  it('would be told of whatever is wrong with one', () => {
    const broken = `name: Broken
on: push
jobs:
  one:
    needs: [two]
    steps:
      - uses: actions/checkout@v4
      - uses: ./.github/actions/none
      - run: pnpm run-nothing && node tools/none.mjs
`;
    expect(workflowFaults(broken, surroundings)).toEqual([
      'has no permissions',
      'one has no time limit',
      'one needs two, which is no job',
      'one uses ./.github/actions/none, which is not there',
      'one: there is no script run-nothing',
      'one: there is no tools/none.mjs',
      '- uses: actions/checkout@v4: not pinned by a commit with its version',
    ]);
    expect(yamlFaults('a: 1\na: 2\n')).toEqual([expect.stringContaining('Map keys must be unique')]);
  });

  it('tests on the oldest Node.js that the packages support, and on every line with long support after it', () => {
    const { jobs } = parse(read('.github/workflows/ci.yml')) as { jobs: { tests: { strategy: { matrix: { node: string[] } } } } };
    const { node } = jobs.tests.strategy.matrix;
    const oldest = /^>=(\d+\.\d+)$/.exec(whole.engines?.node ?? '')?.[1];
    expect(node).toEqual([`${oldest}.0`, '20', '22', '24']);
    expect(read('README.md')).toContain(`Node.js ${oldest} or newer`);
    expect(read('.nvmrc').trim()).toBe(oldest?.split('.')[0]);
  });
});

describe('what the repository host reads', () => {
  it.each(['.github/dependabot.yml', ...list('.github/ISSUE_TEMPLATE', '.yml')])('%s is sound YAML', (path) => {
    expect(yamlFaults(read(path))).toEqual([]);
  });

  it.each(list('.github/ISSUE_TEMPLATE', '.yml').filter((path) => !path.endsWith('/config.yml')))('%s is a form with fields', (path) => {
    const form = parse(read(path)) as { name: string; description: string; body: { type: string; id: string }[] };
    expect([form.name, form.description].every((text) => text.length > 0)).toBe(true);
    expect(form.body.filter(({ type }) => !['textarea', 'input', 'dropdown', 'checkboxes', 'markdown'].includes(type))).toEqual([]);
    const ids = form.body.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('names owners of places that are there', () => {
    const rules = read('.github/CODEOWNERS')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(/\s+/));
    expect(rules.filter(([path]) => path !== '*' && !exists(path ?? '')).map(([path]) => path)).toEqual([]);
    expect(rules.filter(([, ...owners]) => owners.length === 0 || owners.some((owner) => !owner.startsWith('@')))).toEqual([]);
  });

  it('has the project at one address', () => {
    const files = execFileSync('git', ['grep', '-lIE', 'github\\.com/solo-kubelet', '--', '.', ':!*.test.ts'], {
      cwd: root,
      encoding: 'utf8',
    });
    const places = files
      .trim()
      .split('\n')
      .flatMap((path) => read(path).match(/https:\/\/github\.com\/solo-kubelet[\w/.#-]*/g) ?? []);
    expect(places.length).toBeGreaterThan(0);
    expect(places.filter((place) => !place.startsWith(PROJECT_URL))).toEqual([]);
  });
});

describe('what editors read', () => {
  it.each([...list('.vscode', '.json'), '.devcontainer/devcontainer.json'])('%s can be read', (path) => {
    expect(readJsonc(path)).toBeTypeOf('object');
  });

  it('starts programs that are there', () => {
    const { configurations } = readJsonc('.vscode/launch.json') as { configurations: { program?: string }[] };
    const programs = configurations.flatMap(({ program }) =>
      program === undefined ? [] : [program.replace(/^\$\{workspaceFolder\}\//, '')],
    );
    expect(programs.length).toBeGreaterThan(0);
    expect(programs.filter((program) => !exists(program))).toEqual([]);
  });
});

describe('manifests', () => {
  it('pin the package manager with its hash', () => {
    expect(whole.packageManager).toMatch(/^pnpm@\d+\.\d+\.\d+\+sha512\.[0-9a-f]{128}$/);
  });

  it('have keywords of their own', () => {
    expect(packages.filter(({ keywords }) => keywords.length < 3).map(({ name }) => name)).toEqual([]);
    const sets = packages.map(({ keywords }) => [...keywords].sort().join(' '));
    expect(sets.filter((set, index) => sets.indexOf(set) < index)).toEqual([]);
  });

  it.each(packages.map(({ name }) => name))('%s says where it comes from', (name) => {
    const { homepage, repository, bugs } = manifest(`packages/${name}/package.json`);
    expect(repository).toMatchObject({ url: `git+${PROJECT_URL}.git`, directory: `packages/${name}` });
    expect(homepage).toBe(`${PROJECT_URL}/tree/main/packages/${name}#readme`);
    expect(bugs).toBe(`${PROJECT_URL}/issues`);
  });

  it('are all in the table of packages', () => {
    const there = readdirSync(join(root, 'packages')).filter((name) => exists(`packages/${name}/package.json`));
    expect(there.sort()).toEqual(packages.map(({ name }) => name).sort());
  });
});

describe('what is written for people', () => {
  it.each(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', '.github/pull_request_template.md'])(
    '%s names scripts that are there',
    (path) => {
      const spans = [...read(path).matchAll(/`((?:pnpm|npm run|node tools\/)[^`]*)`|^((?:pnpm|npm run|node tools\/).*)$/gm)];
      expect(spans.flatMap(([, inline, line]) => commandFaults(inline ?? line ?? '', surroundings))).toEqual([]);
    },
  );

  it('has changesets of packages that are there', () => {
    const named = list('.changeset', '.md').flatMap((path) => {
      const head = parse(/^---\n([\s\S]*?)\n---$/m.exec(read(path))?.[1] ?? '') as Readonly<Record<string, string>>;
      return Object.keys(head).map((name) => name.replace('@solo-kubelet/', ''));
    });
    const known = packages.map(({ name }) => name);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});
