import { readFile } from 'node:fs/promises';

/** What came of each spec, by its full name. */
export interface SpecResult {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly seconds: number;
  /** Of a failure. */
  readonly message?: string;
  /** Of a failure: the suite's file and line. */
  readonly at?: string;
}

interface GinkgoSpec {
  readonly ContainerHierarchyTexts: readonly string[] | null;
  readonly LeafNodeType: string;
  readonly LeafNodeText: string;
  readonly State: string;
  readonly RunTime: number;
  readonly Failure?: { readonly Message: string; readonly Location: { readonly FileName: string; readonly LineNumber: number } };
}

/** Of ginkgo's JSON report; specs that the focus leaves out are not in it. */
export const readReport = async (path: string): Promise<readonly SpecResult[]> => {
  const suites = JSON.parse(await readFile(path, 'utf8')) as { readonly SpecReports: readonly GinkgoSpec[] | null }[];
  return suites
    .flatMap(({ SpecReports }) => SpecReports ?? [])
    .filter(({ LeafNodeType, State, Failure }) => Failure !== undefined || (LeafNodeType === 'It' && State !== 'skipped'))
    .map(resultOf)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
};

const resultOf = ({ ContainerHierarchyTexts, LeafNodeType, LeafNodeText, State, RunTime, Failure }: GinkgoSpec): SpecResult => {
  const name = LeafNodeType === 'It' ? [...(ContainerHierarchyTexts ?? []), LeafNodeText].join(' ') : `(${LeafNodeType}) ${LeafNodeText}`;
  const state = State === 'passed' || State === 'skipped' ? State : 'failed';
  const result = { name, state, seconds: Math.round(RunTime / 1e8) / 10 } as const;
  return Failure === undefined
    ? result
    : { ...result, message: Failure.Message, at: `${Failure.Location.FileName}:${Failure.Location.LineNumber}` };
};

export const tableOf = (results: readonly SpecResult[]): string => {
  const count = (state: SpecResult['state']): number => results.filter((result) => result.state === state).length;
  const failures = results
    .filter(({ state }) => state === 'failed')
    .map(({ name, message }) => `FAILED ${name}: ${message?.split('\n')[0] ?? ''}`);
  return [...failures, `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`].join('\n');
};
