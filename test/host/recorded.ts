// What kernels and ss print, recorded on Linux 6.18 with iproute2 6.1 while connections stood in the accept queues of a
// program that accepts nothing (limit 2); and the shapes that older versions have.

export const PROC_TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     
   2: 0100007F:A1AB 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 1862243 4 0000000056777a7b 100 0 0 10 0                   
  44: 0100007F:A1AB 0100007F:B5DC 08 00000000:00000001 00:00000000 00000000     0        0 0 1 00000000537b61d2 20 4 0 10 -1                         
  52: 0100007F:B5DC 0100007F:A1AB 05 00000000:00000000 00:00000000 00000000     0        0 1863974 1 00000000fdb61571 20 0 0 11 -1                   
  53: 0100007F:B5E0 0100007F:A1AB 01 00000000:00000000 00:00000000 00000000     0        0 1863975 1 00000000845be42f 20 0 0 11 -1                   
  54: 0100007F:B5E6 0100007F:A1AB 01 00000000:00000000 00:00000000 00000000     0        0 1863976 1 00000000a4fdccab 20 0 0 10 -1                   
  55: 0100007F:B5F4 0100007F:A1AB 02 00000001:00000000 01:0000003A 00000002     0        0 1863977 2 00000000dcd7f8f0 100 0 0 1 -1                   
  83: 0100007F:A1AB 0100007F:B5E6 01 00000000:00000000 00:00000000 00000000     0        0 0 1 000000003bf48482 20 0 0 10 -1                         
  89: 0100007F:A1AB 0100007F:B5E0 01 00000000:00000005 00:00000000 00000000     0        0 0 1 000000008e00c97f 20 4 30 10 -1                        
  90: 0100007F:A1AB 0100007F:9C40 06 00000000:00000000 03:00001770 00000000     0        0 0 3 000000003c5d839f                                      
  91: 0100007F:9C42 0100007F:A1AB 06 00000000:00000000 03:00000068 00000000     0        0 0 3 000000003c5d83a0                                      
  92: 0100007F:9C44 0100007F:A1AB 06 00000000:00000000 03:0000176F 00000000     0        0 0 3 000000003c5d83a1                                      
  93: 0100007F:1F90 0100007F:9C41 01 00000000:00000000 00:00000000 00000000    33        0 99 1 000000003c5d839e 20 4 30 10 -1                      
`;

/** The port of that listener, and the web server's port of the three connections that wait. */
export const PORT = 0xa1ab;
export const WAITING = [0xb5dc, 0xb5e0, 0xb5e6];

export const PROC_TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:2328 00000000000000000000000000000000:0000 0A 00000000:00000001 00:00000000 00000000    33        0 5001 1 000000003c5d839f 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:2328 0000000000000000FFFF00000100007F:CADE 01 00000000:00000000 00:00000000 00000000    33        0 5002 1 00000000b7bc4225 20 4 30 10 -1
   2: B80D0120000000000000000001000000:2328 B80D0120000000000000000002000000:CADF 06 00000000:00000000 03:0000109B 00000000     0        0 0 3 00000000b7bc4226
   3: 00000000000000000000000001000000:CAE0 00000000000000000000000001000000:2328 01 00000000:00000000 00:00000000 00000000   1000        0 5003 1 00000000b7bc4227 20 4 30 10 -1
`;

export const PROC_UNIX = `Num       RefCount Protocol Flags    Type St Inode Path
000000004aa1bb93: 00000003 00000000 00000000 0001 02     0 /tmp/h.sock
00000000189afed7: 00000002 00000000 00010000 0001 01 1862244 /tmp/h.sock
000000004a60599c: 00000003 00000000 00000000 0001 02     0 /tmp/h.sock
0000000067b5d2d6: 00000003 00000000 00000000 0001 02     0 /tmp/h.sock
0000000067b5d2d7: 00000003 00000000 00000000 0001 03 1862300 /tmp/h.sock
0000000067b5d2d8: 00000003 00000000 00000000 0001 03 1862301
0000000067b5d2d9: 00000002 00000000 00000000 0002 01 1862302 /run/log.sock
0000000067b5d2da: 00000002 00000000 00010000 0005 01 1862303 /run/with blank.sock
0000000067b5d2db: 00000002 00000000 00010000 0001 01 1862304 @abstract
0000000067b5d2dc: 00000003 00000000 00000000 0001 03 1862305 /run/stale.sock
`;

export const SS_TCP = `LISTEN     3      2      127.0.0.1:41387   0.0.0.0:*     ino:1862243 sk:5715 cgroup:/ <->
\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d6) bbr cwnd:10 unacked:3
CLOSE-WAIT 1      0      127.0.0.1:41387 127.0.0.1:46556 ino:0 sk:5716 cgroup:/ -->
\t skmem:(r768,rb131072,t0,tb2626560,f3328,w0,o0,bl0,d0) ts sack bbr wscale:10,10 rto:200 rtt:0.021/0.01 ato:40 mss:32768 cwnd:10 bytes_received:1 segs_out:1 segs_in:3 send 124830476190bps lastsnd:2444 lastrcv:2444 lastack:1444 delivered:1 app_limited minrtt:0.021 snd_wnd:65536
ESTAB      0      0      127.0.0.1:41387 127.0.0.1:46566 ino:0 sk:5717 cgroup:/ <->
\t ts sack bbr wscale:10,10 rto:200 rtt:0.006/0.003 mss:32768 cwnd:10 segs_in:2 bbr:(bw:0bps,mrtt:0.006) lastsnd:2444 lastrcv:2444 lastack:2444 delivered:1
ESTAB      5      0      127.0.0.1:41387 127.0.0.1:46560 ino:0 sk:5718 cgroup:/ <->
\t ts sack bbr cwnd:10 bytes_received:5 segs_out:1 segs_in:3 data_segs_in:1 lastsnd:2444 lastrcv:2400 lastack:2444 delivered:1
ESTAB      0      0      127.0.0.1:41387 127.0.0.1:46570 timer:(keepalive,119min,0) uid:33 ino:1862999 sk:5719 cgroup:/system.slice/php.service <->
\t ts sack cubic cwnd:10 bytes_sent:120 bytes_acked:121 bytes_received:544 segs_out:3 lastsnd:1200 lastrcv:1300 lastack:1200
SYN-RECV   0      0      127.0.0.1:41387 127.0.0.1:46580 timer:(on,860ms,1) ino:0 sk:5720
`;

/** iproute2 4.9 on Linux 4.9: no cgroup, pointers as sk, no bytes_sent, IPv4 behind an IPv6 socket. */
export const SS_TCP_OLD = `LISTEN     0      128         :::9000                    :::*                   uid:33 ino:14001 sk:ffff880036a8c000 v6only:0 <->
\t skmem:(r0,rb87380,t0,tb16384,f0,w0,o0,bl0,d12) cubic cwnd:10
ESTAB      0      0         ::ffff:127.0.0.1:9000                 ::ffff:127.0.0.1:40112               users:(("php-fpm7.0",pid=812,fd=4)) uid:33 ino:14010 sk:ffff880036a8c800 <->
\t ts sack cubic wscale:7,7 rto:204 cwnd:10 bytes_received:720 segs_out:2 segs_in:4 lastsnd:31044 lastrcv:4 lastack:4 pacing_rate 52428.8Mbps
`;

export const SS_UNIX = `u_str LISTEN 3      2      /tmp/h.sock 1862244 * 0 users:(("hold",pid=25895,fd=4)) <-> ino:2392422 dev:0/65024 peers: 1863969 1863970 1863971
u_str ESTAB 0      0      /tmp/h.sock 1862300 * 1863972 <->
u_str ESTAB 0      0      /tmp/h.sock 1862306 * 1863973 <--
u_str ESTAB 0      768    * 1863970 * 0       users:(("node",pid=25900,fd=20)) <->
u_seq LISTEN 0      4096   /run/with blank.sock 1862303 * 0 <->
u_dgr UNCONN 0      0      /run/log.sock 1862302 * 0 <->
`;

export const PROC_NETSTAT = `TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts TW TWRecycled ListenOverflows ListenDrops TCPTimeWaitOverflow
TcpExt: 0 0 0 3 747188 12 14 15 0
IpExt: InNoRoutes InTruncatedPkts
IpExt: 0 0
`;

export const PROC_SNMP = `Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors
Tcp: 1 200 120000 -1 1048009 1045698 24 705 12 100 100 1694 0 2500 0
`;

export const PROC_SOCKSTAT = `sockets: used 71
TCP: inuse 12 orphan 1 tw 939 alloc 12 mem 150
UDP: inuse 5 mem 0
`;
