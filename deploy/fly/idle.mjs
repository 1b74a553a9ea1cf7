// Ends with code 0 when the sandbox was idle for IDLE_SECONDS: no session ran, no request was open, and none came.
//
// What runs is told by OpenCode's events, which cover all its directories; what is open by nginx's status; what came by
// nginx's log on the standard input, which is passed on to the standard output. Checks of /healthz are not logged.

import http from 'node:http';
import readline from 'node:readline';

const {
  IDLE_SECONDS, SILENT_SECONDS, OPENCODE_PORT, RUN_DIR, OPENCODE_SERVER_PASSWORD, OPENCODE_SERVER_USERNAME,
} = process.env;
const user = OPENCODE_SERVER_USERNAME || 'opencode';
const credentials = Buffer.from(`${user}:${OPENCODE_SERVER_PASSWORD}`).toString('base64');

const pause = Math.min(1000, IDLE_SECONDS * 250 || 1000);

const running = new Set();
let listening = false;
let lastEvent = Date.now();
let lastUse = Date.now();

function took(event) {
  const { type, properties } = event.payload ?? {};
  if (type === 'server.heartbeat') return;
  lastEvent = Date.now();
  if (type !== 'session.status') return;
  lastUse = lastEvent;
  if (properties.status.type === 'idle') running.delete(properties.sessionID);
  else running.add(properties.sessionID);
}

function listen() {
  const again = () => {
    listening = false;
    setTimeout(listen, pause);
  };
  const request = http.get({
    host: '127.0.0.1', port: OPENCODE_PORT, path: '/global/event', headers: { Authorization: `Basic ${credentials}` },
  });
  request.on('error', again);
  request.on('response', (response) => {
    if (response.statusCode !== 200) throw new Error(`/global/event answered ${response.statusCode}`);
    listening = true;
    // A cut stream ends its lines, too.
    response.on('error', () => {});
    readline.createInterface({ input: response }).on('close', again).on('line', (line) => {
      if (line.startsWith('data:')) took(JSON.parse(line.slice(5)));
    });
  });
}

async function openRequests() {
  return new Promise((resolve) => {
    const request = http.get({ socketPath: `${RUN_DIR}/status.sock`, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => { text += chunk; }).on('end', () => {
        const count = (name) => Number(new RegExp(`${name}: (\\d+)`).exec(text)[1]);
        // Those that wait have been answered; one of the others is this very question.
        resolve(count('Active connections') - count('Waiting') - 1);
      });
    });
    // nginx is coming up. When it ends, so does its log, and this with it.
    request.on('error', () => resolve(1));
  });
}

async function look() {
  const runs = running.size > 0 && Date.now() - lastEvent <= SILENT_SECONDS * 1000;
  // Who does not listen does not know what runs.
  if ((await openRequests()) > 0 || runs || !listening) lastUse = Date.now();
  if (Date.now() - lastUse >= IDLE_SECONDS * 1000) process.exit(0);
  setTimeout(look, pause);
}

readline.createInterface({ input: process.stdin }).on('close', () => process.exit(1)).on('line', (line) => {
  lastUse = Date.now();
  process.stdout.write(`${line}\n`);
});
listen();
if (IDLE_SECONDS > 0) setTimeout(look, pause);
