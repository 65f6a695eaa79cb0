// Servers of other people for the benchmark, as far as they can be had here: npm packages are installed into a folder of
// their own, C and Go programs are compiled, php-fpm is started with a configuration of its own.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceUser } from '../../../src/reproduce/peers/programs.js';
import { phpFpm } from '../../support/peers/php-fpm.js';
import { findProgram } from '../../support/peers/programs.js';

/** What to start: it prints its port, or listens on the port it is given. */
export interface PeerCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** The port is known before; undefined: it is printed. */
  readonly port?: number;
  /** What a request's SCRIPT_FILENAME must be. */
  readonly script?: string;
}

/** Installs an npm package; it stays for the next time. Returns its folder, or why there is none. */
export function benchPackage(name: string): { readonly folder: string } | { readonly missing: string } {
  const target = join(tmpdir(), 'fcgi-inspect-bench-packages', name);
  if (existsSync(join(target, 'node_modules', name))) return { folder: target };
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'package.json'), '{ "private": true }');
  const { status, stderr } = spawnSync(
    'npm',
    ['install', '--prefix', target, '--no-audit', '--no-fund', '--ignore-scripts', name],
    {
      encoding: 'utf8',
      timeout: 120_000,
    },
  );
  return status === 0
    ? { folder: target }
    : { missing: `npm install ${name}: ${stderr.trim().split('\n').at(-1) ?? 'failed'}` };
}

const LIBFCGI = `#include <fcgiapp.h>
#include <stdlib.h>
int main(int argc, char **argv) {
  FCGX_Request request;
  FCGX_Init();
  FCGX_InitRequest(&request, FCGX_OpenSocket(argv[1], 511), 0);
  while (FCGX_Accept_r(&request) == 0) {
    FCGX_PutS("Content-Type: text/plain\\r\\nContent-Length: 6\\r\\n\\r\\nhello\\n", request.out);
    FCGX_Finish_r(&request);
  }
  return 0;
}
`;

const GO = `package main
import ("fmt"; "net"; "net/http"; "net/http/fcgi"; "os")
func main() {
  listener, err := net.Listen("tcp", "127.0.0.1:0")
  if err != nil { os.Exit(1) }
  fmt.Println(listener.Addr().(*net.TCPAddr).Port)
  fcgi.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
    w.Header().Set("Content-Type", "text/plain")
    w.Header().Set("Content-Length", "6")
    w.Write([]byte("hello\\n"))
  }))
}
`;

export function libfcgiServer(folder: string, port: number): PeerCommand | { readonly missing: string } {
  const source = join(folder, 'libfcgi.c');
  writeFileSync(source, LIBFCGI);
  const program = join(folder, 'libfcgi');
  const { status } = spawnSync('cc', ['-O2', '-o', program, source, '-lfcgi'], { stdio: 'ignore' });
  return status === 0 ? { program, args: [`127.0.0.1:${port}`], port } : { missing: 'no C compiler or no libfcgi-dev' };
}

export function goServer(folder: string): PeerCommand | { readonly missing: string } {
  const source = join(folder, 'server.go');
  writeFileSync(source, GO);
  const program = join(folder, 'go-server');
  const env = { ...process.env, GOCACHE: join(folder, 'go-cache'), GO111MODULE: 'off', GOFLAGS: '' };
  const { status } = spawnSync('go', ['build', '-o', program, source], { stdio: 'ignore', env, timeout: 300_000 });
  return status === 0 ? { program, args: [] } : { missing: 'go is not installed' };
}

export function phpServer(folder: string, port: number): PeerCommand | { readonly missing: string } {
  const program = findProgram(phpFpm);
  if (program === undefined) return { missing: 'php-fpm is not installed' };
  const script = join(folder, 'hello.php');
  writeFileSync(script, "<?php header('Content-Type: text/plain'); header('Content-Length: 6'); echo \"hello\\n\";");
  const user = serviceUser();
  const configuration = join(folder, 'php-fpm.conf');
  writeFileSync(
    configuration,
    `[global]\ndaemonize = no\nerror_log = ${join(folder, 'php-fpm.log')}\n[pool]\n${user === undefined ? '' : `user = ${user.user}\ngroup = ${user.group}\n`}listen = 127.0.0.1:${port}\npm = static\npm.max_children = 4\n`,
  );
  return { program, args: ['--nodaemonize', '-n', '--fpm-config', configuration], port, script };
}
