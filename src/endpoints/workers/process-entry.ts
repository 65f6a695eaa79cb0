// What the processes of a pool execute: its first argument says as what. Started by this program only.
const exit = (code: number): void => process.exit(code);

switch (process.argv[2]) {
  case 'primary':
    (await import('./primary-process.js')).runPrimary(exit);
    break;
  case 'worker':
    (await import('./worker-process.js')).runWorker(exit);
    break;
  case 'keeper':
    (await import('./keeper-process.js')).runKeeper(exit);
    break;
  default:
    exit(2);
}
