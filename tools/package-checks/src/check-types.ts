import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import ts from 'typescript';

/** An example as it stands in a README. */
export interface Example {
  /** The README, as it is named to the reader. */
  readonly origin: string;
  /** Line of the fence that opens it. */
  readonly line: number;
  readonly code: string;
}

/** What a reader's strict project has set: every check that TypeScript calls strict, and indexed access that may find nothing. */
const strictOptions = (root: string): ts.CompilerOptions => ({
  noEmit: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noFallthroughCasesInSwitch: true,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
  typeRoots: [join(root, 'node_modules', '@types')],
  // Declarations of libraries have a test of their own.
  skipLibCheck: true,
});

/**
 * Type-checks examples in one program, as a reader would who pasted each into a file of an ES module project in `directory`. Gives what the compiler says, with
 * the place in the README.
 */
export const typeErrorsOf = async (examples: readonly Example[], directory: string, root: string): Promise<readonly string[]> => {
  const files = new Map(examples.map((example, index) => [join(directory, `example-${index}.ts`), example]));
  for (const [path, { code }] of files) await writeFile(path, code);
  const program = ts.createProgram([...files.keys()], strictOptions(root));
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    if (!file) return text;
    const { line, character } = file.getLineAndCharacterOfPosition(start);
    const example = files.get(file.fileName);
    const place = example ? `${example.origin}:${example.line + 1 + line}` : `${basename(file.fileName)}:${line + 1}`;
    return `${place}:${character + 1}: ${text}`;
  });
};
