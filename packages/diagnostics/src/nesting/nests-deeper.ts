/**
 * Whether a value of lists and records nests deeper than so many levels, a value without members being none. It does not recurse, so any depth
 * may be asked for; a value that holds itself nests without end. What many places share, as aliases of YAML do, is looked at once for each level it is found at.
 */
export const nestsDeeper = (value: unknown, levels: number): boolean => {
  let level: object[] = isBranch(value) ? [value] : [];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    const below = new Set<object>();
    for (const branch of level) {
      if (Array.isArray(branch)) {
        for (const member of branch as readonly unknown[]) if (isBranch(member)) below.add(member);
      } else {
        for (const key in branch) {
          const member = (branch as Readonly<Record<string, unknown>>)[key];
          if (isBranch(member)) below.add(member);
        }
      }
    }
    level = [...below];
  }
  return false;
};

const isBranch = (value: unknown): value is object => typeof value === 'object' && value !== null;
