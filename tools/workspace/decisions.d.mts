interface Decision {
  readonly file: string;
  readonly text: string;
}
export function faultsOf(decision: Decision): string[];
export function faultsOfAll(decisions: readonly Decision[]): string[];
export function readDecisions(directory: string): Decision[];
export function renderIndex(decisions: readonly Decision[]): string;
