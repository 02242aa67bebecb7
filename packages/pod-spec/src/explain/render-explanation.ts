import type { FieldExplanation, FieldSummary } from './explain-field.js';

const width = 100;

const wrap = (text: string, indent: string): string => {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line.length > indent.length && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
};

const facts = ({ required, default: fallback, gate, values }: FieldSummary, indent: string): string[] => [
  ...(required ? [`${indent}required`] : []),
  ...(fallback === undefined ? [] : [`${indent}default: ${fallback === '' ? '""' : fallback}`]),
  ...(gate === undefined ? [] : [`${indent}feature gate: ${gate.name} (Kubernetes ${gate.since}; off unless featureGates turns it on)`]),
  ...(values.length === 0 ? [] : [wrap(`one of: ${values.map((value) => (value === '' ? '""' : value)).join(', ')}`, indent)]),
];

/** An explanation as text for people. */
export const renderExplanation = (explanation: FieldExplanation): string => {
  const { path, type, description, fields } = explanation;
  const head = [`${path}  <${type}>`, ...facts(explanation, '  '), ...(description === '' ? [] : ['', wrap(description, '  ')])];
  const inside = fields.flatMap((field) => [
    '',
    `  ${field.name}  <${field.type}>`,
    ...facts(field, '    '),
    ...(field.description === '' ? [] : [wrap(field.description, '    ')]),
  ]);
  return [...head, ...(inside.length > 0 ? ['', 'FIELDS', ...inside.slice(1)] : [])].join('\n');
};
