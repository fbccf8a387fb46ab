// Socket.IO as a peer: everybody in one namespace, messages published on
// schedule or as fast as credits come back. It speaks the same control protocol
// as the peers in Go: one JSON object a line.
'use strict';
const http = require('http');
const net = require('net');
const readline = require('readline');
const { Server } = require('socket.io');

const web = http.createServer();
const io = new Server(web, {
  transports: ['websocket'], perMessageDeflate: false, serveClient: false,
  pingInterval: 600000, pingTimeout: 600000,
});

let seq = 0;
let credits = 0;
let onCredit = () => {};

// now is the wall clock in nanoseconds, as precise as the machine has it.
const startedNS = BigInt(Date.now()) * 1000000n - process.hrtime.bigint();
const now = () => startedNS + process.hrtime.bigint();

function send(bytes, at) {
  seq++;
  const mark = '#' + String(seq).padStart(10, '0') + ':' + String(at).padStart(19, '0') + '#';
  io.emit('m', mark.padEnd(bytes, 'x'));
}

// run publishes on schedule; a message's time is when it was due.
function run({ per_second: rate, bytes, for_ms: last }, done) {
  const gap = 1000000000n / BigInt(rate);
  let due = now();
  const end = due + BigInt(last) * 1000000n;
  let n = 0;
  const step = () => {
    while (due < end && due <= now()) {
      send(bytes, due);
      n++;
      due += gap;
    }
    if (due >= end) return done(n);
    const wait = Number((due - now()) / 1000000n);
    return wait > 0 ? setTimeout(step, wait) : setImmediate(step);
  };
  step();
}

function runClosed({ bytes, outstanding, for_ms: last }, done) {
  let n = 0;
  credits = 0;
  const push = () => { send(bytes, now()); n++; };
  for (let i = 0; i < outstanding; i++) push();
  onCredit = () => { while (credits > 0) { credits--; push(); } };
  setTimeout(() => { onCredit = () => {}; done(n); }, last);
}

const control = net.createServer((conn) => {
  conn.on('error', () => {});
  readline.createInterface({ input: conn }).on('line', (line) => {
    if (line === 'c') { credits++; onCredit(); return; }
    const ask = JSON.parse(line);
    const answer = (sent) => conn.write(JSON.stringify({ sent }) + '\n');
    if (ask.do === 'rate') run(ask, answer);
    else if (ask.do === 'closed') runClosed(ask, answer);
    else conn.write('{}\n');
  });
});

web.listen(0, '127.0.0.1', () => control.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({
    address: '127.0.0.1:' + web.address().port,
    control: '127.0.0.1:' + control.address().port,
    channel: 'all',
  }));
}));
process.stdin.on('end', () => process.exit(0)).resume();
