import type { DirectoryResult, PodFailure } from './run-directory.mjs';

export function printFigures(result: DirectoryResult): readonly string[];

export function printFailure(failure: PodFailure): readonly string[];
