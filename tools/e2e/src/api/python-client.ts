import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const knowsKubernetes = (program: string): boolean => {
  try {
    execFileSync(program, ['-c', 'import kubernetes'], { stdio: 'ignore', timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
};

/** A Python that has Kubernetes' client, or undefined; then it is told why nothing is tried. */
export const python = [process.env['PYTHON'], '/usr/bin/python3', 'python3'].find((path) => path !== undefined && knowsKubernetes(path));
if (python === undefined) console.warn('Kubernetes’ client for Python is not tried: there is none (Debian: python3-kubernetes)');

export interface PythonInformer extends AsyncDisposable {
  /** What it has told so far, a line each. */
  lines(): readonly string[];
  signal(name: NodeJS.Signals): void;
}

export const startPythonInformer = (kubeconfig: string): PythonInformer => {
  const child = spawn(python!, [fileURLToPath(new URL('informer.py', import.meta.url)), kubeconfig], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let trouble = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    trouble += chunk;
  });
  const ended = once(child, 'exit');
  return {
    lines: () => {
      if (child.exitCode !== null) throw new Error(`the informer ended: ${trouble}`);
      return text.split('\n').slice(0, -1);
    },
    signal: (name) => void child.kill(name),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};
