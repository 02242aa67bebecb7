/** Whether all labels of a selector are there with the same value. */
export const labelsMatch = (labels: Readonly<Record<string, string>>, selector: Readonly<Record<string, string>> = {}): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

/** Whether an id fits a filter's: empty fits all, else a prefix. */
export const idMatches = (id: string, wanted: string | undefined): boolean => !wanted || id.startsWith(wanted);
