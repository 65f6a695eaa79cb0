// Puts conversations together into one capture, in the order of time.

import { pcap, pcapng } from './capture-writer.js';
import type { CapturedPacket, CaptureOptions } from './captured-packet.js';
import { type Conversation, type ConversationOptions, conversation } from './conversation.js';
import { LINK_SLL, LINK_SLL2, type LinkFields, tcpPacket } from './packet-builder.js';

export interface SceneOptions extends CaptureOptions {
  /** Default 'pcap'. */
  readonly format?: 'pcap' | 'pcapng';
  /** Link layer; `linkType` follows from it. Default Ethernet. */
  readonly link?: LinkFields;
  /** Each packet twice, a microsecond apart, as captured with `-i any` on a loopback interface. */
  readonly capturedTwice?: boolean;
  /** Further packets, not of these conversations. */
  readonly others?: readonly CapturedPacket[];
}

/** The conversations' packets with their link layer, in the order of time (and of the list, at the same time). */
export function packetsOf(conversations: readonly Conversation[], options: SceneOptions = {}): CapturedPacket[] {
  const link = { ...(options.linkType === undefined ? {} : { type: options.linkType }), ...options.link };
  const cooked = link.type === LINK_SLL || link.type === LINK_SLL2;
  const packets: CapturedPacket[] = [...(options.others ?? [])];
  for (const each of conversations) {
    for (const { time, fields } of each.packets) {
      if (options.capturedTwice) {
        const sent = cooked ? { ...link, packetType: 4 } : link;
        packets.push({ time, data: tcpPacket(fields, sent) }, { time: time + 1000, data: tcpPacket(fields, link) });
      } else {
        packets.push({ time, data: tcpPacket(fields, link) });
      }
    }
  }
  return packets.sort((a, b) => a.time - b.time);
}

/** One capture file with all the conversations. */
export function capture(conversations: readonly Conversation[], options: SceneOptions = {}): Uint8Array {
  const linkType = options.linkType ?? options.link?.type;
  const fileOptions = linkType === undefined ? options : { ...options, linkType };
  return (options.format === 'pcapng' ? pcapng : pcap)(packetsOf(conversations, options), fileOptions);
}

/** Conversations of web servers with one application, each from a port of its own. */
export class Scene {
  readonly conversations: Conversation[] = [];

  /**
   * @param application `host:port` that the application listens on.
   * @param webServer the web server's host, in brackets for IPv6; ports count up from 40001.
   */
  constructor(
    readonly application = '127.0.0.1:9000',
    readonly webServer = '127.0.0.1',
    private readonly defaults: Omit<ConversationOptions, 'webServer' | 'application' | 'start'> = {},
  ) {}

  /** A new conversation from the next port; `start` in seconds. */
  conversation(start = 0, options: Partial<ConversationOptions> = {}): Conversation {
    const webServer = `${this.webServer}:${40001 + this.conversations.length}`;
    const added = conversation({ ...this.defaults, application: this.application, webServer, start, ...options });
    this.conversations.push(added);
    return added;
  }

  capture(options: SceneOptions = {}): Uint8Array {
    return capture(this.conversations, options);
  }
}

/** `scene('127.0.0.1:9000')`, then `.conversation(0.5).connect()...` and `.capture()`. */
export function scene(...options: ConstructorParameters<typeof Scene>): Scene {
  return new Scene(...options);
}
