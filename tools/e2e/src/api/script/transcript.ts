// Scripts of commands and what they should print, as a person would write them down. A line says by how it begins what it is:
//
//   ## A section, and @words about it      # a remark
//   $ command for bash                     $~ one that is repeated until it prints what is wanted
//   > a further line of the command
//   ! a line on standard error             = 1   the exit status, where it is not 0
//   ... any number of lines of the stream  /a regular expression/
//   anything else: a line on standard output
//
// `[1.20 1.32]` before any of them: only with these versions of kubectl. Blank lines mean nothing.

export interface Step {
  readonly line: number;
  readonly command: string;
  /** It is asked again until it prints what is wanted. */
  readonly isPatient: boolean;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly status: number;
}

export interface Section {
  readonly name: string;
  /** What follows `@` in its title. */
  readonly marks: readonly string[];
  readonly steps: readonly Step[];
}

const FOR_VERSIONS = /^\[(\d+\.\d+(?: \d+\.\d+)*)\] /;

interface OpenStep {
  readonly line: number;
  command: string;
  readonly isPatient: boolean;
  readonly stdout: string[];
  readonly stderr: string[];
  status: number;
}

/**
 * The script as a program of `version` (`1.32`) should find it.
 * @throws a line that belongs to nothing
 */
export const parseTranscript = (text: string, version: string): readonly Section[] => {
  const sections: { readonly name: string; readonly marks: readonly string[]; readonly steps: OpenStep[] }[] = [];
  /** Undefined: it is not for this version, nor is what follows it. */
  let step: OpenStep | undefined;
  let isSkipping = false;
  for (const [index, whole] of text.split('\n').entries()) {
    const only = FOR_VERSIONS.exec(whole);
    const line = only ? whole.slice(only[0].length) : whole;
    const isOurs = only === null || only[1]!.split(' ').includes(version);
    const fail = (what: string): never => {
      throw new Error(`line ${index + 1}: ${what}: ${whole}`);
    };
    if (line === '' || line.startsWith('# ')) continue;
    if (line.startsWith('## ')) {
      const words = line.slice(3).split(' ');
      const marks = words.filter((word) => word.startsWith('@')).map((word) => word.slice(1));
      sections.push({ name: words.filter((word) => !word.startsWith('@')).join(' '), marks, steps: [] });
      step = undefined;
      isSkipping = false;
      continue;
    }
    const started = /^\$(~?) (.*)$/.exec(line);
    if (started) {
      isSkipping = !isOurs;
      step = isOurs
        ? { line: index + 1, command: started[2]!, isPatient: started[1] === '~', stdout: [], stderr: [], status: 0 }
        : undefined;
      if (step) (sections.at(-1) ?? fail('a command before any section')).steps.push(step);
      continue;
    }
    if (isSkipping || !isOurs) continue;
    if (step === undefined) return fail('nothing was asked before it');
    if (line.startsWith('> ')) step.command += `\n${line.slice(2)}`;
    else if (line.startsWith('! ')) step.stderr.push(line.slice(2));
    else if (/^= \d+$/.test(line)) step.status = Number(line.slice(2));
    else step.stdout.push(line);
  }
  return sections;
};
