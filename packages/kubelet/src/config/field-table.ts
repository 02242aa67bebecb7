import { fieldPaths } from './decode-configuration.js';
import type { Effect, Field } from './field-kinds.js';
import { type FieldPath, fields } from './fields.js';
import { flagTable } from './flag-table.js';

/** docs/kubelet-configuration.md, from the tables. */
export const configurationDocument = (): string => {
  const flagOf = new Map(Object.entries(flagTable).flatMap(([name, spec]) => (spec.type === 'field' ? [[spec.field, name] as const] : [])));
  const table: Readonly<Record<FieldPath, Field<unknown>>> = fields;
  const row = (path: FieldPath): string => {
    const { kind, fallback, effect, note } = table[path];
    const shown = fallback === undefined ? '' : `\`${JSON.stringify(kind.encode(fallback))}\``;
    const flag = flagOf.get(path);
    return `| \`${path}\` | ${shown} | ${flag === undefined ? '' : `\`--${flag}\``} | ${effectText(effect, kind.encode)} | ${note} |\n`;
  };
  const dead = Object.entries(flagTable).flatMap(([name, spec]) => (spec.type === 'dead' ? [`| \`--${name}\` | ${spec.why} |\n`] : []));
  const own = Object.entries(flagTable).flatMap(([name, spec]) => (spec.type === 'own' ? [`| \`--${name}\` | ${spec.usage} |\n`] : []));
  return `# KubeletConfiguration and flags

Written from the tables in packages/kubelet-cli/src/config by field-table.test.ts (UPDATE_DOCS=1), which also fails when they differ.

\`kubelet-cli run\` reads the kubelet's own flags, its configuration file (\`--config\`, kubelet.config.k8s.io/v1beta1) and drop-ins (\`--config-dir\`).
The file replaces the defaults, drop-ins merge over it, flags win. Every field is known:

- **honoured**: does what the real kubelet does with it
- **no effect**: has nothing to act on without an API server; accepted, and listed at the start when set
- **only …**: other values are refused, because they would silently mean something else
- **not supported**: another value only means that less is done; it is named at the start

| Field | Default | Flag | Here | Note |
|---|---|---|---|---|
${fieldPaths.map(row).join('')}
## Flags without a field

| Flag | Meaning |
|---|---|
${own.join('')}
## Flags that no longer mean anything

Accepted with one warning, so that unit files of older kubelets keep working.

| Flag | Why |
|---|---|
${dead.join('')}`;
};

const effectText = (effect: Effect, encode: (value: unknown) => unknown): string => {
  switch (effect.type) {
    case 'honoured':
      return 'honoured';
    case 'noEffect':
      return 'no effect';
    case 'notSupported':
      if (effect.otherwise === 'warn') return 'not supported';
      return `only ${effect.accepted.map((value) => `\`${JSON.stringify(encode(value))}\``).join(', ')}`;
  }
};
