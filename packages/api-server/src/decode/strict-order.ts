const PATH = /^unknown field "(.*)"$/;

interface Entry {
  readonly text: string;
  /** The names from the top; an index belongs to its list. */
  readonly names: readonly string[];
}

const entryOf = (text: string): Entry => ({ text, names: (PATH.exec(text)?.[1] ?? '').split('.') });

/** The messages at one level: first of what is unknown right here, then of each structure below, in the order they were found. */
const order = (entries: readonly Entry[], depth: number): readonly Entry[] => {
  const here = entries.filter(({ names }) => names.length <= depth + 1);
  const below = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (entry.names.length <= depth + 1) continue;
    const name = entry.names[depth]!;
    const group = below.get(name);
    if (group === undefined) below.set(name, [entry]);
    else group.push(entry);
  }
  return [...here, ...[...below.values()].flatMap((group) => order(group, depth + 1))];
};

/** Unknown fields in the order in which upstream's converter of free objects finds them: a structure's own before those of what it holds. */
export const outerFirst = (messages: readonly string[]): readonly string[] => order(messages.map(entryOf), 0).map(({ text }) => text);
