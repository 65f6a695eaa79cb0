// Where in the kernel a thread waits (/proc/PID/wchan), in words. The names are functions of the kernel: they differ a
// little between versions and may carry a suffix of the compiler.

export type WaitingPlace =
  | 'accept'
  | 'events'
  | 'poll'
  | 'socket'
  | 'lock'
  | 'pipe'
  | 'unix-connect'
  | 'connect'
  | 'sleep'
  | 'child'
  | 'disk';

const PLACES: readonly (readonly [RegExp, WaitingPlace])[] = [
  [
    /^(inet_csk_accept|inet_csk_wait_for_connect|unix_accept|unix_wait_for_connect|__skb_wait_for_more_packets)/,
    'accept',
  ],
  [/^(ep_poll|do_epoll_wait|do_epoll_pwait)/, 'events'],
  [/^(poll_schedule_timeout|do_sys_poll|do_poll|do_select|core_sys_select)/, 'poll'],
  [
    /^(wait_woken|sk_wait_data|sk_stream_wait_memory|unix_stream_data_wait|unix_stream_read_generic|tcp_recvmsg)/,
    'socket',
  ],
  [
    /^(futex_wait|futex_do_wait|do_futex|futex_lock_pi|locks_lock_inode_wait|flock_lock_inode_wait|fcntl_setlk|do_lock_file_wait|posix_lock_inode_wait|do_semtimedop|__do_semtimedop)/,
    'lock',
  ],
  [/^(pipe_write|pipe_read|anon_pipe_write|anon_pipe_read|pipe_wait)/, 'pipe'],
  [/^unix_wait_for_peer/, 'unix-connect'],
  [/^inet_wait_for_connect|^inet_stream_connect/, 'connect'],
  [/^(hrtimer_nanosleep|do_nanosleep|common_nsleep)/, 'sleep'],
  [/^(do_wait|kernel_wait4)/, 'child'],
  [/^(io_schedule|folio_wait|wait_on_page|rpc_wait|nfs_|jbd2_|blk_)/, 'disk'],
];

const WORDS: Readonly<Record<WaitingPlace, string>> = {
  accept: 'waits in accept',
  events: 'waits for events',
  poll: 'waits for events',
  socket: 'waits for bytes of a socket',
  lock: 'waits for a lock',
  pipe: 'waits at a pipe',
  'unix-connect': 'waits in connect: the other queue is full',
  connect: 'connects',
  sleep: 'sleeps',
  child: 'waits for a child',
  disk: 'waits for the disk',
};

/** The place of a name in wchan; undefined for 0, '' and names that are not known. */
export function waitingPlace(name: string): WaitingPlace | undefined {
  return PLACES.find(([pattern]) => pattern.test(name))?.[1];
}

/** `waits in accept`; the kernel's own name where it is not known. */
export function waitingWords(name: string): string {
  const place = waitingPlace(name);
  return place === undefined ? `waits in ${name}` : WORDS[place];
}
