import { scalars } from './read-table.mjs';

const headerOf = (base) =>
  `// Generated from tools/pod-schema/${Object.keys(base.types).length > 0 ? 'objects' : 'pod'}.schema by \`pnpm --filter @solo-kubelet-tools/pod-schema generate\`. Do not edit.\n`;

/** Names of types of the base table that a table uses, for its one import. */
const importsOf = ({ enums, types, base }) => {
  const used = Object.values(types).flatMap(({ mixins, fields }) => [...mixins, ...fields.map(({ base: name }) => name)]);
  const known = (name) => !enums[name] && !types[name] && (base.enums[name] || base.types[name]);
  return [
    ...new Set([
      ...used.filter(known),
      ...used.filter((name) => ['int64', 'Quantity', 'IntOrString'].includes(name)).map((name) => (name === 'int64' ? 'Int64' : name)),
    ]),
  ].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
};
const prelude = `
/** A 64-bit whole number: a bigint only beyond 2^53. */
export type Int64 = number | bigint;
/** An amount such as \`500m\`, \`1.5Gi\` or \`1e3\`; see parseQuantity. */
export type Quantity = string;
/** A number, or a name such as that of a container port. */
export type IntOrString = number | string;
/** The metadata of a Pod of this node: name, namespace and uid are always there once it has its static identity. */
export type PodMetadata = ObjectMeta & { readonly name: string; readonly namespace: string; readonly uid: string };
`;

const docComment = (doc, fallback, indent, gate = '') => {
  const words = [doc, fallback === undefined ? '' : `Default: ${fallback}.`, gate === '' ? '' : `Feature gate ${gate}.`]
    .filter(Boolean)
    .join(' ');
  return words === '' ? '' : `${indent}/** ${words} */\n`;
};

const typeOf = ({ base, container }, enums) => {
  const one = scalars[base] ?? base;
  if (container === '[]') return `readonly ${enums[base] || !one.includes(' ') ? one : `(${one})`}[]`;
  if (container === '{}') return `Readonly<Record<string, ${one}>>`;
  return one;
};

/** Readonly TypeScript types of every structure of the table. */
export const writeTypes = ({ enums, types, base }) => {
  const isPods = Object.keys(base.types).length === 0;
  const words = Object.entries(enums).map(
    ([name, values]) => `export type ${name} = ${values.map((value) => `'${value}'`).join(' | ')};\n`,
  );
  const structures = Object.values(types).map(({ name, doc, mixins, fields }) => {
    const lines = fields.map((field) => {
      const mark = field.optional || field.pointer ? '?' : '';
      return `${docComment(field.doc, field.fallback, '  ', field.gate)}  readonly ${field.name}${mark}: ${name === 'Pod' && field.name === 'metadata' ? 'PodMetadata' : typeOf(field, { ...base.enums, ...enums })};\n`;
    });
    const above = mixins.length > 0 ? ` extends ${mixins.join(', ')}` : '';
    const mixinOnly = fields.length === 0 ? `export type ${name} = ${mixins.join(' & ')};\n` : undefined;
    return `${docComment(doc, undefined, '')}${mixinOnly ?? `export interface ${name}${above} {\n${lines.join('')}}\n`}`;
  });
  const opening = isPods
    ? prelude
    : `import type {\n${importsOf({ enums, types, base })
        .map((name) => `  ${name},\n`)
        .join('')}} from '@solo-kubelet/pod-spec';\n`;
  return [headerOf(base), opening, ...words, ...structures].join('\n');
};

/** The same table without words, one line a field: what decoding needs. */
export const writeTable = ({ enums, types, base: { enums: baseEnums, types: baseTypes } }) => {
  const lines = Object.values(types).flatMap(({ name, mixins, fields }) => [
    name,
    ...mixins.map((mixin) => ` ...${mixin}`),
    ...fields.map(({ name: field, optional, pointer, base, container, gate }) => {
      return ` ${field}${optional ? '?' : ''} ${pointer ? '*' : ''}${enums[base] || baseEnums[base] ? 'string' : base}${container}${gate === '' ? '' : ` @${gate}`}`;
    }),
  ]);
  return `${headerOf({ types: baseTypes })}\n/** Every type (at the margin) and its fields: \`name[?] [*]type[[]|{}] [@GATE]\`; \`?\` = left out when empty, \`*\` = may be unset, \`@GATE\` = only with that feature gate. */\nexport const schemaTable = \`${lines.join('\n')}\`;\n`;
};

/** The words of the table: meaning, default and known values, kept apart for those who explain. */
export const writeDescriptions = ({ enums, types, base }) => {
  const fields = Object.values(types).map(({ name, doc, fields: own }) => {
    const entries = own.map((field) => {
      const parts = [field.doc, field.fallback ?? '', enums[field.base] || base.enums[field.base] ? field.base : ''];
      while (parts.length > 1 && parts.at(-1) === '') parts.pop();
      return `    ${field.name}: ${JSON.stringify(parts)},\n`;
    });
    return `  ${name}: {\n    '': ${JSON.stringify([doc])},\n${entries.join('')}  },\n`;
  });
  return `${headerOf(base)}
/** By type and field (the empty name: the type itself): meaning, default, name of the enum. */
export const descriptions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
${fields.join('')}};

/** Structures that have all fields of others. */
export const mixins: Readonly<Record<string, readonly string[]>> = ${JSON.stringify(Object.fromEntries(Object.values(types).flatMap(({ name, mixins }) => (mixins.length > 0 ? [[name, mixins]] : []))), null, 2)};

/** The words that a string field knows. */
export const knownValues: Readonly<Record<string, readonly string[]>> = ${JSON.stringify(enums, null, 2)};
`;
};
