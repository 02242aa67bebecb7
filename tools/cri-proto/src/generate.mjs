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
    files: ['cri-v1.proto', 'containerd-events.proto', 'containerd-event-messages.proto'],
    options: [...options, 'outputServices=generic-definitions'],
    enumsApart: 'cri-v1',
  },
  // grpc-js definitions: the probe needs this one service only, without cri-client's machinery.
  {
    directory: 'packages/probe-engine/src/gen',
    files: ['health.proto'],
    options: [...options, 'outputPartialMethods=false', 'outputServices=grpc-js'],
  },
  {
    directory: 'packages/device-plugins/src/gen',
    files: ['device-plugin.proto', 'plugin-registration.proto', 'pod-resources.proto'],
    options: [...options, 'outputServices=grpc-js'],
  },
];

const require = createRequire(import.meta.url);
const protoc = (...args) => run(process.execPath, [require.resolve('protoc/protoc.cjs'), `--proto_path=${protoDirectory}`, ...args]);

const enumBlock = /(?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?export enum (\w+) \{\n[^}]*\}\n\n/g;

/** Moves the enums of `NAME.ts` to `NAME-enums.ts`: whoever wants a constant does not load the codecs of every message. */
const moveEnums = async (directory, name) => {
  const file = join(directory, `${name}.ts`);
  const text = await readFile(file, 'utf8');
  const enums = [...text.matchAll(enumBlock)];
  const header = text.slice(0, text.indexOf('import '));
  const rest = text.replace(enumBlock, '');
  const names = enums.map(([, enumName]) => enumName).sort();
  const firstImport = rest.indexOf('import ');
  const importEnums = `import type {\n${names.map((enumName) => `  ${enumName},\n`).join('')}} from "./${name}-enums.js";\n`;
  await writeFile(
    join(directory, `${name}-enums.ts`),
    `${header}${enums
      .map(([block]) => block)
      .join('')
      .trimEnd()}\n`,
  );
  await writeFile(file, `${rest.slice(0, firstImport)}${importEnums}${rest.slice(firstImport)}`);
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
    if (target.enumsApart) await moveEnums(out, target.enumsApart);
  }
};

/** Compiles every .proto to one binary FileDescriptorSet. */
export const compileDescriptors = async (file) => {
  const files = targets.flatMap((target) => target.files);
  await protoc(`--descriptor_set_out=${file}`, ...files);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await generate(process.argv[2] ?? resolve(here, '../..'));
