// How many connections wait in an accept queue, from the kernel's tables: what php-fpm's page cannot say of a unix socket, and
// nothing says when the page itself has to wait. Pure: the tables' text comes in.

/**
 * Connections in the accept queue of the AF_UNIX socket of that path, out of /proc/net/unix: established (state 02) and of
 * no process yet (inode 0). Undefined where nobody listens on the path.
 */
export function unixAcceptQueue(table: string, path: string): number | undefined {
  let waiting = 0;
  let listens = false;
  for (const line of table.split('\n')) {
    // Num RefCount Protocol Flags Type St Inode Path
    const match = /^\S+:\s+\S+\s+\S+\s+(\S+)\s+0001\s+(\S+)\s+(\d+)\s+(.*)$/.exec(line);
    if (!match || match[4] !== path) continue;
    if (match[1] === '00010000') listens = true;
    else if (match[2] === '02' && match[3] === '0') waiting++;
  }
  return listens ? waiting : undefined;
}

/**
 * Connections in the accept queue of the TCP sockets that listen on that port, out of /proc/net/tcp or tcp6: of a
 * listening socket (state 0A) rx_queue is that. Undefined where nobody listens there.
 */
export function tcpAcceptQueue(table: string, port: number): number | undefined {
  let waiting: number | undefined;
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  for (const line of table.split('\n')) {
    // sl local_address rem_address st tx_queue:rx_queue ...
    const match = /^\s*\d+:\s+[0-9A-F]+:([0-9A-F]{4})\s+\S+\s+0A\s+[0-9A-F]+:([0-9A-F]+)\s/.exec(line);
    if (match && match[1] === wanted) waiting = (waiting ?? 0) + Number.parseInt(match[2], 16);
  }
  return waiting;
}
