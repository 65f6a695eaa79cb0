// What can be wrong with an input, for the documentation: the codes of input.problems and what they mean. The test of
// the documentation finds codes in the source that are missing here.

export const INPUT_PROBLEMS: readonly { readonly code: string; readonly meaning: string }[] = [
  { code: 'cut-short', meaning: 'The file ends inside a packet. All packets before it were read.' },
  { code: 'gzip-cut-short', meaning: 'The compressed data ends too early. What could be decompressed was read.' },
  { code: 'gzip-damaged', meaning: 'The compressed data is damaged. What comes before the damage was read.' },
  { code: 'read-error', meaning: 'Reading stopped: the operating system reported an error.' },
  {
    code: 'bad-packet-length',
    meaning:
      'A packet claims a length that cannot be. In a pcap file nothing after it can be found; in pcapng it is left out.',
  },
  { code: 'bad-timestamp', meaning: 'Times whose fraction is a second or more.' },
  { code: 'length-over-snapshot', meaning: 'Packets with more bytes than the snapshot length allows. They were read.' },
  {
    code: 'length-over-original',
    meaning: 'Packets with more captured bytes than they had on the wire. They were read.',
  },
  { code: 'bad-byte-order-magic', meaning: 'A pcapng section whose byte order cannot be told.' },
  { code: 'bad-version', meaning: 'A pcapng section of a version that is not known.' },
  {
    code: 'bad-block-length',
    meaning: 'A pcapng block whose length makes no sense; the rest of the file was not read.',
  },
  { code: 'bad-block', meaning: 'A pcapng block that contradicts itself. It was left out.' },
  { code: 'bad-option', meaning: 'Options of a pcapng block that do not fit into it. They were not read.' },
  {
    code: 'no-timestamp',
    meaning: 'pcapng packets without a time (simple packet blocks). They got that of the packet before.',
  },
  {
    code: 'unknown-interface',
    meaning: 'pcapng packets of an interface that the file does not describe. They were left out.',
  },
  { code: 'too-many-interfaces', meaning: 'More interfaces in a pcapng file than are told apart.' },
  { code: 'packets-dropped', meaning: 'The capturing program says that it lost packets: streams may have holes.' },
  {
    code: 'unsupported-link-type',
    meaning: 'Packets of a link layer that is not supported. They were left out, and the exit code is 2.',
  },
  { code: 'malformed-packet', meaning: 'Packets whose headers are cut or make no sense. They were left out.' },
  {
    code: 'ip-fragment',
    meaning: 'Fragments of IP packets. They are not put together, so their bytes are missing from the streams.',
  },
  { code: 'duplicate-packets', meaning: 'The same packet captured twice, as `-i any` does. Each was counted once.' },
  { code: 'snapped-packets', meaning: 'Packets cut by the snapshot length: the rest of their payload is unknown.' },
  { code: 'stream-gaps', meaning: 'Bytes of TCP streams that are not in the capture.' },
  { code: 'overlap-conflicts', meaning: 'Two copies of the same bytes of a stream that differ. The first was kept.' },
  { code: 'not-fastcgi', meaning: 'TCP connections that speak another protocol. They were left out.' },
  {
    code: 'reader-failed',
    meaning: 'With `--reader pcap-parser`: the package gave other packets than the file holds.',
  },
  {
    code: 'packet-without-flags',
    meaning: 'Text printed by tcpdump with `-q`: lines without TCP flags were left out.',
  },
  {
    code: 'time-format-changed',
    meaning: 'Text printed by tcpdump whose times change their form; they continue at the last one.',
  },
  { code: 'unknown-service', meaning: 'Text printed by tcpdump without `-n`: a port name that is not known.' },
  { code: 'unknown-host', meaning: 'Text printed by tcpdump: something that is neither an address nor a host name.' },
  { code: 'cut-line', meaning: 'Text printed by tcpdump: a line of a TCP packet that is broken off.' },
];
