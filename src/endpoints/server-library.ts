// `fcgi-inspect/server`: the server, and the process models that run it.
export * from './server/index.js';
export * from './workers/index.js';
