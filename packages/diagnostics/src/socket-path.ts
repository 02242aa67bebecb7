/** What `sockaddr_un` holds on Linux, bytes, without the one that ends it. Node.js cuts a longer path in silence, and so listens or connects elsewhere. */
export const MAX_SOCKET_PATH_BYTES = 107;

export interface SocketPathFault {
  /** What is wrong with the path, such as `the path has 120 bytes, a unix socket's may have 107`. */
  readonly message: string;
  /** What to do, with a path that fits. */
  readonly hint: string;
  /** A path that fits. */
  readonly shorter: string;
}

/** Why nobody can listen on a path, or connect to it, that is too long for a unix socket; undefined when it fits. Ask before every listen and connect. */
export const socketPathFault = (path: string, use: 'listen' | 'connect'): SocketPathFault | undefined => {
  const bytes = byteLength(path);
  if (bytes <= MAX_SOCKET_PATH_BYTES) return undefined;
  const [directory, name] = [path.slice(0, Math.max(path.lastIndexOf('/'), 0)), path.slice(path.lastIndexOf('/') + 1)];
  const link = `/run/${cut(directory.slice(directory.lastIndexOf('/') + 1), LINK_BYTES) || 'socket'}`;
  const shorter = use === 'listen' ? `/run/${fitting(name, '/run/')}` : `${link}/${fitting(name, `${link}/`)}`;
  return {
    message: `the path has ${bytes} bytes, a unix socket's may have ${MAX_SOCKET_PATH_BYTES}`,
    hint:
      use === 'listen'
        ? `Choose a shorter path, such as ${shorter}.`
        : `Reach it through a link: ln -s ${directory} ${link}, and name ${shorter}.`,
    shorter,
  };
};

/** Of the link that is proposed; a name of a socket has the rest. */
const LINK_BYTES = 20;

const byteLength = (text: string): number => new TextEncoder().encode(text).length;

/** A name that fits behind a prefix; a longer one loses its middle and keeps what it ends with, such as `.sock`. */
const fitting = (name: string, prefix: string): string => {
  const room = MAX_SOCKET_PATH_BYTES - byteLength(prefix);
  if (byteLength(name) <= room) return name;
  const ending = /\.\w{1,8}$/.exec(name)?.[0] ?? '';
  return `${cut(name, room - byteLength(ending))}${ending}`;
};

/** The first characters that take no more than so many bytes. */
const cut = (text: string, bytes: number): string => {
  let kept = '';
  for (const character of text) {
    if (byteLength(kept + character) > bytes) break;
    kept += character;
  }
  return kept;
};
