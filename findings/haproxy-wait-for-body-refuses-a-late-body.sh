#!/usr/bin/env bash
# Tool: HAProxy 2.6.12 (Debian 12: haproxy 2.6.12-1+deb12u4), http-request wait-for-body.
# Expected: by its manual the rule delays a request for its payload "for at most <time>", so a request whose body takes longer goes on without having been
#       waited for any more, as one whose buffer is full does.
# Seen: when the time is over the request is ended with 408 and its server never hears of it. Without the rule the same request is answered.
# Source of the behaviour: the wait gives up with an error reply (http_wait_for_msg_body in src/http_ana.c), as option http-buffer-request does.
# Consequence: as a wait that nobody depends on (a copy of a request, a decision by its body) it needs a time as long as that of the client.
set -euo pipefail
dir=$(mktemp -d)
trap 'kill "${haproxy:-}" "${server:-}" 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -o APT::Sandbox::User=root download -qq haproxy=2.6.12-1+deb12u4 >/dev/null && dpkg -x haproxy_*.deb .
port() { node -e "const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})"; }
# A server that answers with how many bytes of body came to it.
cat > server.cjs <<'JS'
require('node:http').createServer((request, response) => {
  let bytes = 0;
  request.on('data', (data) => (bytes += data.length)).on('end', () => response.end(`${bytes} bytes`));
}).listen(process.argv[2], '127.0.0.1', () => console.log('ready'));
JS
# Sends the head of a request and half of its body, and the rest two seconds later.
cat > client.cjs <<'JS'
const request = require('node:http').request({ host: '127.0.0.1', port: process.argv[2], method: 'POST', headers: { 'content-length': 10 } }, (response) => {
  let text = '';
  response.on('data', (data) => (text += data)).on('end', () => { console.log(response.statusCode, text.split('\n')[0]); process.exit(); });
});
request.on('error', () => {}).write('12345');
setTimeout(() => request.end('67890'), 2_000);
JS
back=$(port); plain=$(port); waiting=$(port)
node server.cjs "$back" > ready & server=$!
cat > haproxy.cfg <<CFG
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 1s
frontend plain
  bind 127.0.0.1:$plain
  default_backend app
frontend waiting
  bind 127.0.0.1:$waiting
  http-request wait-for-body time 500ms
  default_backend app
backend app
  server one 127.0.0.1:$back
CFG
usr/sbin/haproxy -q -db -f haproxy.cfg & haproxy=$!
for _ in $(seq 50); do grep -q ready ready && (: > "/dev/tcp/127.0.0.1/$waiting") 2>/dev/null && break; sleep 0.1; done
without=$(node client.cjs "$plain")
with=$(node client.cjs "$waiting")
usr/sbin/haproxy -v | head -1
printf 'a body that takes 2 s, no rule: %s\nthe same, waited for up to 500 ms: %s\n' "$without" "$with"
[ "$without" = '200 10 bytes' ] && [[ $with == 408* ]]
