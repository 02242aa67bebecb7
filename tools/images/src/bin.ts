// node images.cjs DIRECTORY: builds the images there and prints the archives' paths, one a line.
import { buildImages } from './build-images.js';

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  console.error('usage: images DIRECTORY');
  process.exitCode = 2;
} else {
  buildImages({ directory }).then(
    (paths) => console.log(paths.join('\n')),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : String(error));
      process.exitCode = 1;
    },
  );
}
