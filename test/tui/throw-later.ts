// Loaded before the program with --import: something goes wrong in it when SIGUSR2 comes.
process.on('SIGUSR2', () => {
  setImmediate(() => {
    throw new Error('a crash for the test');
  });
});
