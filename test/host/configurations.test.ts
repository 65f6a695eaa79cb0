// What configurations say of listeners, and how sure hints make that a socket is a FastCGI application's.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeCandidate, type ListeningSocket, rankCandidates } from '../../src/host/candidates.js';
import { parsePhpFpmConfiguration, poolAddress } from '../../src/host/php-fpm-configuration.js';
import { applicationAddresses } from '../../src/host/web-server-configuration.js';

describe("php-fpm's configuration", () => {
  it('has pools with what they ask for', () => {
    const { pools, includes } = parsePhpFpmConfiguration(
      `[global]
pid = /run/php-fpm.pid
include=/etc/php/8.2/fpm/pool.d/*.conf
[www]
; listen = 127.0.0.1:1
listen = /run/php/$pool.sock
listen.backlog = 511 ; enough
pm = dynamic
pm.max_children = 5
pm.status_path = "/fpm-status"
pm.status_listen = 127.0.0.1:9001
php_admin_value[memory_limit] = 32M
[slow]
listen = 9000
pm=static
pm.max_children=2
[empty]
`,
      'fpm.conf',
    );
    assert.deepEqual(includes, ['/etc/php/8.2/fpm/pool.d/*.conf']);
    assert.deepEqual(pools[0], {
      source: 'fpm.conf',
      pool: 'www',
      listen: '/run/php/www.sock',
      manager: 'dynamic',
      maxChildren: 5,
      backlog: 511,
      statusPath: '/fpm-status',
      statusListen: '127.0.0.1:9001',
    });
    assert.deepEqual([pools[1].listen, pools[1].backlog, pools[1].statusPath], ['9000', -1, '']);
    assert.equal(pools.length, 2);
  });

  it('names addresses in its own way', () => {
    assert.equal(poolAddress('/run/php.sock'), 'unix:/run/php.sock');
    assert.equal(poolAddress('9000'), '[::]:9000');
    assert.equal(poolAddress('[::1]:9000'), '[::1]:9000');
    assert.equal(poolAddress('not an address'), undefined);
  });
});

describe('configurations of web servers', () => {
  const addresses = (text: string, program: Parameters<typeof applicationAddresses>[1]) =>
    applicationAddresses(text, program).map(({ address }) => address);

  it('name applications', () => {
    assert.deepEqual(
      addresses(
        `location ~ \\.php$ { fastcgi_pass unix:/run/php/php8.2-fpm.sock; }
         # fastcgi_pass 127.0.0.1:1;
         location /a { fastcgi_pass 127.0.0.1:9000; } location /b { fastcgi_pass $upstream; }
         location /c { scgi_pass [::1]:4000; }`,
        'nginx',
      ),
      ['unix:/run/php/php8.2-fpm.sock', '127.0.0.1:9000', '[::1]:4000'],
    );
    assert.deepEqual(
      addresses(
        'SetHandler "proxy:unix:/run/php.sock|fcgi://localhost"\nProxyPass /x fcgi://127.0.0.1:9000/',
        'apache',
      ),
      ['127.0.0.1:9000', 'unix:/run/php.sock'],
    );
    assert.deepEqual(
      addresses(
        'fastcgi.server = ( ".php" => (( "socket" => "/run/l.sock" ), ( "host" => "127.0.0.1", "port" => 9000 )))',
        'lighttpd',
      ),
      ['unix:/run/l.sock', '127.0.0.1:9000'],
    );
    assert.deepEqual(
      addresses('  server app 127.0.0.1:9000 check proto fcgi\n  server web 127.0.0.1:80 check\n', 'haproxy'),
      ['127.0.0.1:9000'],
    );
    assert.deepEqual(addresses('php_fastcgi unix//run/php.sock\nphp_fastcgi /blog/* localhost:9000', 'caddy'), [
      'unix:/run/php.sock',
      'localhost:9000',
    ]);
  });
});

describe('candidates', () => {
  const socket = (more: Partial<ListeningSocket>): ListeningSocket => ({
    address: '127.0.0.1:4242',
    port: 4242,
    processes: [],
    namedBy: [],
    isPool: false,
    ...more,
  });
  const process = (name: string, onDescriptor0 = false) => ({ pid: 1, name, title: name, onDescriptor0 });

  it('are sure, likely, a guess, or none', () => {
    const certainty = (more: Partial<ListeningSocket>) => judgeCandidate(socket(more))?.certainty;
    assert.equal(certainty({ processes: [process('php-fpm8.2')] }), 'sure');
    assert.equal(certainty({ namedBy: ['/etc/nginx/nginx.conf: fastcgi_pass'] }), 'sure');
    assert.equal(certainty({ processes: [process('hello', true)] }), 'likely');
    assert.equal(certainty({ processes: [process('my-fcgi-app')] }), 'likely');
    assert.equal(certainty({ port: 9000, processes: [process('node')] }), 'maybe');
    assert.equal(certainty({ address: 'unix:/run/php/php.sock', port: undefined }), 'likely');
    assert.equal(certainty({ processes: [process('postgres')] }), undefined);
    assert.equal(certainty({ processes: [process('nginx', true)] }), undefined);
    assert.equal(certainty({ port: 9000, processes: [process('sshd')] }), undefined);
  });

  it('come the surest first, with reasons', () => {
    const ranked = rankCandidates([
      socket({ address: 'b', port: 9000, processes: [process('node')] }),
      socket({ address: 'a', processes: [process('php-fpm8.2')] }),
      socket({ address: 'c', processes: [process('postgres')] }),
    ]);
    assert.deepEqual(
      ranked.map(({ address }) => address),
      ['a', 'b'],
    );
    assert.deepEqual(ranked[0].reasons, ['listened on by php-fpm8.2']);
  });
});
