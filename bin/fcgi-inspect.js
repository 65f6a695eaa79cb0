#!/usr/bin/env node
// The command. React reads NODE_ENV when it is first loaded, so it is set before anything else is imported.
process.env.NODE_ENV = 'production';
// Ink would look for React's developer tools.
delete process.env.DEV;
const { main } = await import('../dist/bundle/cli/main.js');
await main(process.argv);
