// Writes the TypeScript of every protocol from the .proto files here. `node src/generate.mjs [root]` writes below another root (the tests do).
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const protoDirectory = join(here, 'proto');

const options = [
  'env=node',
  'forceLong=bigint',
  'importSuffix=.js',
  'oneof=unions-value',
  'useOptionals=messages',
  'unrecognizedEnum=false',
  'outputJsonMethods=false',
  'exportCommonSymbols=false',
  'useExactTypes=false',
];

const targets = [
  {
    directory: 'packages/cri-client/src/gen',
    files: ['cri-v1.proto', 'containerd-events.proto', 'containerd-event-messages.proto', 'containerd-tasks.proto'],
    options: [...options, 'outputServices=generic-definitions'],
    typesApart: { name: 'cri-v1', to: 'packages/cri-types/src/gen', package: '@solo-kubelet/cri-types' },
  },
  {
    directory: 'packages/device-plugins/src/gen',
    files: ['device-plugin.proto', 'plugin-registration.proto', 'pod-resources.proto'],
    options: [...options, 'outputServices=grpc-js'],
  },
];

const require = createRequire(import.meta.url);
const protoc = (...args) => run(process.execPath, [require.resolve('protoc/protoc.cjs'), `--proto_path=${protoDirectory}`, ...args]);

const DOC = String.raw`(?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?`;
const enumBlock = new RegExp(String.raw`${DOC}export enum (\w+) \{\n[^}]*\}\n\n`, 'g');
/** Not the entries of maps, of which only codecs know. */
const interfaceBlock = new RegExp(String.raw`${DOC}export interface ((?!\w+Entry )\w+) \{\n[\s\S]*?\n?\}\n\n`, 'g');

const blocksOf = (text, pattern) => [...text.matchAll(pattern)].map(([block, name]) => ({ block, name }));
const importTypes = (names, from) => `import type {\n${names.map((name) => `  ${name},\n`).join('')}} from "${from}";\n`;
const written = (blocks) =>
  `${blocks
    .map(({ block }) => block)
    .join('')
    .trimEnd()}\n`;

/**
 * Moves what the messages and enums of `NAME.ts` look like to a package of its own, in `NAME-messages.ts` and `NAME-enums.ts`: whoever wants
 * a type or a constant neither loads the codecs of every message nor installs what they need.
 */
const moveTypes = async ({ directory, name, to, package: packageName, root }) => {
  const file = join(root, directory, `${name}.ts`);
  const text = await readFile(file, 'utf8');
  const header = text.slice(0, text.indexOf('import '));
  const enums = blocksOf(text, enumBlock);
  const withoutEnums = text.replace(enumBlock, '');
  const messages = blocksOf(withoutEnums, interfaceBlock);
  const codecs = withoutEnums.replace(interfaceBlock, (_, message) => `export type ${message} = types.${message};\n`);
  const out = join(root, to);
  await mkdir(out, { recursive: true });
  await writeFile(join(out, `${name}-enums.ts`), `${header}${written(enums)}`);
  const used = enums.map((one) => one.name).sort();
  await writeFile(join(out, `${name}-messages.ts`), `${header}${importTypes(used, `./${name}-enums.js`)}\n${written(messages)}`);
  const firstImport = codecs.indexOf('import ');
  await writeFile(file, `${codecs.slice(0, firstImport)}import type * as types from "${packageName}";\n${codecs.slice(firstImport)}`);
};

/** Runs protoc and ts-proto for every target, replacing what the target directories held. */
export const generate = async (root) => {
  for (const target of targets) {
    const out = join(root, target.directory);
    await rm(out, { recursive: true, force: true });
    await mkdir(out, { recursive: true });
    await protoc(
      `--plugin=protoc-gen-ts_proto=${require.resolve('ts-proto/protoc-gen-ts_proto')}`,
      `--ts_proto_out=${out}`,
      `--ts_proto_opt=${target.options.join(',')}`,
      ...target.files,
    );
    if (target.typesApart) {
      await rm(join(root, target.typesApart.to), { recursive: true, force: true });
      await moveTypes({ ...target.typesApart, directory: target.directory, root });
    }
  }
};

/** Compiles every .proto to one binary FileDescriptorSet. */
export const compileDescriptors = async (file) => {
  const files = targets.flatMap((target) => target.files);
  await protoc(`--descriptor_set_out=${file}`, ...files);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await generate(process.argv[2] ?? resolve(here, '../..'));
