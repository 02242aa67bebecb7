import type { DirectoryResult, RecordFailure } from './run-directory.mjs';

export function printFigures(result: DirectoryResult): readonly string[];

export function printFailure(failure: RecordFailure): readonly string[];
