#!/usr/bin/env node
// The command: the quick program where it can do what is asked, else the whole one. CommonJS, which Node has at hand: to
// load a module it first loads what loads modules.
const { fstatSync } = require('node:fs');
const { loadQuick } = require('./quick.js');

// React reads NODE_ENV when it is first loaded, so it is set before anything else is imported.
process.env.NODE_ENV = 'production';
// Ink would look for React's developer tools.
delete process.env.DEV;

const words = process.argv.slice(2);
const isQuick = /^(decode|compare|explain|completion|help)$/.test(words[0]);
const isLive = /^(serve|request|bench|status|watch|tap|reproduce-bug)$/.test(words[0]);
// With nothing but the names of captures, a terminal gets the screen.
const opensScreen = !isQuick && !words.some((word) => word.startsWith('-')) && isTerminal();

/** What knows terminals takes a while to load, and few things are a character device. */
function isTerminal() {
  return fstatSync(1).isCharacterDevice() && require('node:tty').isatty(1);
}

async function run() {
  const quick = isLive || opensScreen ? undefined : loadQuick();
  if (quick !== undefined && (await quick(process.argv))) return;
  const { main } = await import('../dist/bundle/cli/main.js');
  await main(process.argv);
}

run();
