import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A library from npm that is in a bundle. */
export interface BundledLibrary {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** What its licence files say. */
  readonly text: string;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
}

/** Directories of the packages that files of a bundle come from; `inputs` are paths as in esbuild's metafile. */
export const bundledDirectories = (inputs: readonly string[]): readonly string[] => [
  ...new Set(inputs.flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? [])),
];

/** Reads what the libraries of a bundle are licensed by. One that says nothing can't be shipped. */
export const bundledLibraries = (inputs: readonly string[], root: string): readonly BundledLibrary[] => {
  const libraries = new Map<string, BundledLibrary>();
  for (const directory of bundledDirectories(inputs)) {
    const library = readLibrary(join(root, directory));
    libraries.set(`${library.name}@${library.version}`, library);
  }
  return [...libraries.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
};

const readLibrary = (directory: string): BundledLibrary => {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
  if (name === undefined || version === undefined || license === undefined)
    throw new Error(`${directory} does not say what it is licensed by`);
  const files = existsSync(directory) ? readdirSync(directory).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)) : [];
  const text = files.map((file) => readFileSync(join(directory, file), 'utf8').trim()).join('\n\n');
  return { name, version, licence: license, text };
};

/** One text with the licences of all libraries; equal texts stand once. */
export const licenceText = (libraries: readonly BundledLibrary[]): string => {
  const byText = new Map<string, BundledLibrary[]>();
  for (const library of libraries) byText.set(library.text, [...(byText.get(library.text) ?? []), library]);
  const parts = [...byText].map(([text, those]) => {
    const names = those.map(({ name, version, licence }) => `${name} ${version} (${licence})`).join('\n');
    return `${names}\n\n${text === '' ? 'The package has no licence text beside this name.' : text}\n`;
  });
  return `Libraries from npm in this program, and their licences\n\n${parts.join(`\n${'-'.repeat(100)}\n\n`)}`;
};

/** What goes beside an executable, which has no directory for documents: the program's own licence, Node.js', and those of all libraries. */
export const executableLicences = (texts: { readonly own: string; readonly node: string; readonly libraries: string }): string =>
  [
    ['Solo Kubelet', texts.own],
    ['Node.js, which the executable is made of', texts.node],
    ['Libraries', texts.libraries],
  ]
    .map(([title, text]) => `${title}\n${'='.repeat(100)}\n\n${text?.trim()}\n`)
    .join('\n\n');
