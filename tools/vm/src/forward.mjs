// Carries standard input and output to a port of this machine: forward.mjs PORT
import { connect } from 'node:net';

const socket = connect(Number(process.argv[2]), '127.0.0.1');
process.stdin.pipe(socket).pipe(process.stdout);
for (const end of [socket, process.stdout]) end.on('error', () => process.exit());
socket.on('close', () => process.exit());
