// What is open at the moment, in no order. A list and not a Set or a Map: those make new tables as members come and go, and
// each old table holds on to the next one and its members until old objects are collected; thousands of closed connections
// would outlive every small collection of memory.

/** A member remembers its place; nobody else writes it. */
export interface OpenMember {
  place: number;
}

export class OpenList<Member extends OpenMember> {
  private readonly list: Member[] = [];

  get size(): number {
    return this.list.length;
  }

  add(member: Member): void {
    member.place = this.list.length;
    this.list.push(member);
  }

  /** The last one takes its place. Nothing happens if it is not there. */
  delete(member: Member): void {
    const { list } = this;
    if (list[member.place] !== member) return;
    const last = list.pop()!;
    if (last === member) return;
    list[member.place] = last;
    last.place = member.place;
  }

  /** The one at that place, 0..size-1. */
  at(place: number): Member | undefined {
    return this.list[place];
  }

  /** Those that are there now; others may go meanwhile. */
  all(): readonly Member[] {
    return this.list.slice();
  }
}
