/** A fenced block of a README: its language, the other words of its info string, its text and the line it starts on. */
export interface FencedBlock {
  readonly language: string;
  readonly marks: readonly string[];
  readonly code: string;
  readonly line: number;
}

/** All fenced blocks of a Markdown text. A block marked `run` (```` ```ts run ````) is an example that must work as printed. */
export const fencedBlocks = (markdown: string): readonly FencedBlock[] => {
  const lines = markdown.split('\n');
  const blocks: FencedBlock[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const opening = /^```(\w+)\s*(.*)$/.exec(lines[index] ?? '');
    if (!opening) continue;
    const end = lines.indexOf('```', index + 1);
    if (end < 0) break;
    const marks = (opening[2] ?? '').split(/\s+/).filter(Boolean);
    blocks.push({ language: opening[1] ?? '', marks, code: lines.slice(index + 1, end).join('\n'), line: index + 1 });
    index = end;
  }
  return blocks;
};
