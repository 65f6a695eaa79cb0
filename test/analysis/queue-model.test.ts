// The queue model: queues of every kind are found with the right number of slots, slow answers of every kind are not.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { modelQueue, type QueueModel } from '../../src/analysis/queue-model.js';
import type { Arrival } from '../../src/analysis/queue-timeline.js';
import { arrivals, fraction, independently, type Job, type Observed, served, unlimited } from '../support/arrivals.js';
import { type Random, random } from '../support/random.js';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

/** How long jobs take, around half a second. */
const WORK: Readonly<Record<string, (r: Random) => number>> = {
  constant: (r) => 0.5 + 0.001 * fraction(r),
  'from 0.25 to 0.75 s': (r) => 0.25 + 0.5 * fraction(r),
  exponential: (r) => -0.5 * Math.log(1 - fraction(r)),
  'short or long': (r) => (fraction(r) < 0.2 ? 2 : 0.125),
};

function model(observed: readonly Observed[], end = Infinity): QueueModel | undefined {
  return modelQueue(arrivals(observed), end * 1e9);
}

/** The models of the same story with each seed. */
function models(make: (r: Random) => readonly Observed[]): (QueueModel | undefined)[] {
  return SEEDS.map((seed) => model(make(random(seed))));
}

function jobs(times: readonly number[], work: (r: Random) => number, r: Random, kind?: number): Job[] {
  return times.map((at) => ({ at, takes: work(r), ...(kind === undefined ? {} : { kind }) }));
}

function burst(count: number, step: number, from = 1): number[] {
  return Array.from({ length: count }, (_, i) => from + i * step);
}

describe('a queue', () => {
  for (const workers of [2, 3, 8]) {
    it(`of a burst before ${workers} workers with equal work is found, with its slots`, () => {
      for (const each of models((r) => served(jobs(burst(workers * 7 + 1, 0.013), WORK.constant, r), workers, r))) {
        assert.ok(each);
        assert.ok(each.evidence > 20);
        assert.ok(each.slots === workers || each.slots === undefined, `${each.slots} slots`);
      }
    });
  }

  it('of requests that keep coming faster than 8 workers can do is found, with its slots', () => {
    for (const each of models((r) => served(jobs(independently(r, 24, 0, 12), WORK.constant, r), 8, r))) {
      assert.equal(each?.slots, 8);
    }
  });

  for (const [name, work] of Object.entries(WORK)) {
    it(`with work ${name} is found in a short rush of an otherwise quiet capture; its slots are right or not told`, () => {
      const found = models((r) => {
        const quiet = [...independently(r, 1.5, 0, 100), ...independently(r, 1.5, 104, 200)];
        return served(jobs([...quiet, ...independently(r, 30, 100, 104)], work, r), 4, r);
      });
      for (const each of found) {
        if (!each) continue;
        assert.ok(each.slots === undefined || each.slots === 4, `${each.slots} slots`);
        const inRush = each.waiting.filter(({ from, until }) => from > 99e9 && until < 160e9);
        assert.ok(inRush.length > 0.9 * each.waiting.length, 'it is the rush that queues');
      }
      assert.ok(found.filter((each) => each).length >= (name === 'exponential' ? 4 : 7), 'it is found');
    });
  }

  it('of workers that answer in step is found, with its slots, although the machine hesitates once', () => {
    // One slot would explain these times as well, with services of nothing for three in four.
    const ends = [0.3017, 0.6027, 0.9036, 1.2044, 1.5054, 1.8242];
    for (const each of models((r) =>
      burst(24, 0.00004, 0).map((at, i) => {
        const firstByte = ends[Math.floor(i / 4)] + 0.0002 * fraction(r);
        return { at, firstByte, release: firstByte + 0.00002 };
      }),
    ))
      assert.equal(each?.slots, 4);
  });

  it('is found although only long requests were served without one, and mostly short ones queued', () => {
    const found = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16].map((seed) => {
      const r = random(seed);
      return model(served(jobs(independently(r, 3, 0, 35), WORK['short or long'], r), 1, r));
    });
    assert.deepEqual(
      found.filter((each) => !each),
      [],
    );
  });

  it('of short requests behind long polls is found although their own work is next to nothing', () => {
    for (const each of models((r) => {
      const quick = burst(5, 0.1, 0).map((at) => ({ at, takes: 0.002, kind: 7 }));
      const polls = burst(4, 0.05).map((at) => ({ at, takes: 5, kind: 8 }));
      const behind = burst(20, 0.12, 1.4).map((at) => ({ at, takes: 0.002, kind: 7 }));
      return served([...quick, ...polls, ...behind], 4, r);
    })) {
      assert.equal(each?.slots, 4);
      assert.equal(each?.waiting.length, 20);
    }
  });

  it('goes on behind requests that were given up while they queued', () => {
    const r = random(3);
    const observed = served(jobs(burst(14, 0.02), WORK.constant, r), 2, r);
    // Two that queue are closed before their turn, and their turns go to nobody.
    const givenUp = [1.111, 1.152].map((at) => ({ at, release: at + 0.4 }));
    const found = model([...observed, ...givenUp]);
    assert.equal(found?.slots, 2);
    const rows = found.waiting.map(({ row }) => row);
    assert.ok(rows.includes(14) && rows.includes(15), 'they queued as well');
  });

  it('counts who is never answered until the capture ends', () => {
    const r = random(4);
    const observed = served(jobs(burst(10, 0.02), WORK.constant, r), 2, r);
    const last = { at: 2.5, release: 3.1 };
    const found = model([...observed.filter(({ at }) => at < 1.3), last], 3.1);
    assert.ok(found?.waiting.some(({ row, until }) => row === observed.length && until <= 3.1e9));
  });

  it('behind idle kept connections ends when they close', () => {
    const kept = [0, 0.1].map((at, i) => ({ at, firstByte: at + 0.004, release: 3 + i * 0.5 }));
    const behind = [1, 1.3, 1.8, 2.4].map((at, i) => {
      const firstByte = 3.0002 + i * 0.0102 + 0.01;
      return { at, firstByte, release: firstByte + 0.0001 };
    });
    const found = model([...kept, ...behind]);
    assert.equal(found?.waiting.length, 4);
    assert.ok(Math.abs(found.longest.wait - 2e9) < 1e6);
  });

  it('behind idle kept connections that all close at one instant is found', () => {
    const kept = [0, 0.1].map((at) => ({ at, firstByte: at + 0.05, release: 6.06, idleSince: at + 0.051, kind: 1 }));
    const behind = [0.3, 0.32, 0.34, 0.36, 0.38].map((at, i) => {
      const firstByte = 6.0602 + i * 0.0003;
      return { at, firstByte, release: firstByte + 0.00005, kind: 2 };
    });
    assert.equal(model([...kept, ...behind])?.waiting.length, 5);
  });

  for (const [name, work] of Object.entries(WORK)) {
    it(`before 3 workers with work ${name} is found where 9 clients each send one request after the other`, () => {
      const found = models((r) => inTurn(9, 60, work, 3, r));
      assert.ok(found.filter((each) => each).length >= 7, 'it is found');
      for (const each of found) assert.ok([3, undefined].includes(each?.slots), `${each?.slots} slots`);
    });
  }

  it('is found although lost packets delay some END_REQUESTs as the capture sees them', () => {
    for (const each of models((r) =>
      served(jobs(burst(200, 0.02), WORK['from 0.25 to 0.75 s'], r), 2, r).map((one, i) =>
        i % 67 === 50 ? { ...one, release: one.release + 3 } : one,
      ),
    )) {
      assert.ok(each);
      assert.ok(each.maxDepth > 170, `${each.maxDepth} of 198 queue`);
    }
  });

  it('of one worker with a pattern that repeats is not told as one of several workers', () => {
    let free = 0;
    const observed = Array.from({ length: 18 }, (_, i) => {
      const at = i * 0.11;
      const firstByte = Math.max(at, free) + 0.2 + ((i * 7) % 5) * 0.0004;
      free = firstByte + 0.0003;
      return { at, firstByte, release: free };
    });
    const found = model(observed);
    assert.ok(found);
    assert.ok(found.slots === 1 || found.slots === undefined);
    assert.equal(found.waiting.length, 16);
  });

  it('is told as depth over time: steps in order, the deepest kept, back to nobody', () => {
    const r = random(9);
    const found = model(served(jobs(independently(r, 24, 0, 30), WORK.constant, r), 8, r));
    assert.ok(found);
    assert.ok(found.depth.length <= 200);
    for (let i = 1; i < found.depth.length; i++) assert.ok(found.depth[i][0] > found.depth[i - 1][0]);
    assert.equal(Math.max(...found.depth.map(([, depth]) => depth)), found.maxDepth);
    assert.ok(found.waiting.every(({ from, until }) => until - from <= found.longest.wait));
  });
});

describe('kept connections that stay until the capture ends', () => {
  const kept = [0, 0.02, 0.04].map((at) => ({ at, firstByte: at + 0.3, release: 9, idleSince: at + 0.3 }));
  const waiting = [0.1, 0.12, 0.14, 3].map((at) => ({ at, release: 9 }));

  it('explain why nobody who came later is answered', () => {
    const found = model([...kept, ...waiting], 9);
    assert.deepEqual(found?.pinners, [0, 1, 2]);
    assert.equal(found.evidence, Infinity);
    assert.equal(found.waiting.length, 4);
    assert.ok(Math.abs(found.longest.wait - 8.9e9) < 1e6);
  });

  it('explain nothing where one of them is not idle, one has closed, or somebody was answered', () => {
    const { idleSince: _, ...busy } = kept[0];
    assert.equal(model([busy, ...kept.slice(1), ...waiting], 9), undefined);
    assert.equal(model([{ ...kept[0], release: 2 }, ...kept.slice(1), ...waiting], 9), undefined);
    assert.equal(model([...kept, ...waiting, { at: 4, firstByte: 4.1, release: 4.1 }], 9), undefined);
    assert.equal(model(waiting, 9), undefined);
  });
});

describe('no queue', () => {
  for (const [name, work] of Object.entries(WORK)) {
    it(`where work ${name} meets workers to spare`, () => {
      const stories: ((r: Random) => readonly Observed[])[] = [
        (r) => unlimited(jobs(burst(24, 0.02), work, r), r),
        (r) => unlimited(jobs(burst(24, 0.0002), work, r), r),
        (r) => unlimited(jobs(burst(6, 0.02), work, r), r),
        (r) => unlimited(jobs(independently(r, 2, 0, 20), work, r), r),
        (r) => unlimited(jobs(independently(r, 10, 0, 20), work, r), r),
        (r) => unlimited(jobs(independently(r, 100, 0, 5), work, r), r),
      ];
      for (const story of stories)
        assert.deepEqual(
          models(story).filter((each) => each),
          [],
        );
    });
  }

  it('where a machine with few cores works on everything at once', () => {
    for (const [cores, rate] of [
      [4, 7],
      [1, 2.4],
    ]) {
      for (const work of [WORK.constant, WORK['from 0.25 to 0.75 s'], WORK.exponential]) {
        const found = models((r) => sharing(jobs(independently(r, rate, 0, 20), work, r), cores));
        assert.deepEqual(
          found.filter((each) => each),
          [],
        );
      }
    }
  });

  it('where one event answers all long polls in the order of their arrival', () => {
    const broadcast = (r: Random): Observed[] =>
      independently(r, 6, 1, 4).map((at, i) => ({ at, firstByte: 30 + i * 0.0002, release: 30.00005 + i * 0.0002 }));
    assert.deepEqual(
      models(broadcast).filter((each) => each),
      [],
    );
    const afterPages = (r: Random): Observed[] => [
      ...unlimited(
        burst(10, 0.05, 0).map((at) => ({ at, takes: 0.003, kind: 5 })),
        r,
      ),
      ...broadcast(r),
    ];
    assert.deepEqual(
      models(afterPages).filter((each) => each),
      [],
    );
  });

  it('where everything stands still for two seconds and then goes on', () => {
    const found = models((r) =>
      independently(r, 10, 0, 6).map((at) => {
        const firstByte = at > 2 && at < 4 ? 4 + 0.002 * fraction(r) : at + 0.01 * fraction(r);
        return { at, firstByte, release: firstByte + 0.0001 };
      }),
    );
    assert.deepEqual(
      found.filter((each) => each),
      [],
    );
  });

  it('where the answers become slower and faster again', () => {
    const found = models((r) =>
      independently(r, 10, 0, 20).map((at) => {
        const slow = at < 5 || at > 15 ? 0.01 : 0.2 + 2 * Math.sin(((at - 5) / 10) * Math.PI);
        const firstByte = at + slow * (0.8 + 0.4 * fraction(r));
        return { at, firstByte, release: firstByte + 0.0001 };
      }),
    );
    assert.deepEqual(
      found.filter((each) => each),
      [],
    );
  });

  it('where 9 clients each send one request after the other and there are workers enough', () => {
    for (const work of Object.values(WORK)) {
      assert.deepEqual(
        models((r) => inTurn(9, 60, work, 9, r)).filter((each) => each),
        [],
      );
    }
  });

  it('where a client sends one request after the other', () => {
    const found = models((r) => {
      const observed: Observed[] = [];
      for (let i = 0, at = 1; i < 20; i++) {
        const firstByte = at + 0.4 + 0.2 * fraction(r);
        observed.push({ at, firstByte, release: firstByte + 0.0001 });
        at = firstByte + 0.0005;
      }
      return observed;
    });
    assert.deepEqual(
      found.filter((each) => each),
      [],
    );
  });

  it('where fewer than three wait, or nobody is there', () => {
    assert.equal(model([]), undefined);
    assert.equal(model([{ at: 1, firstByte: 2, release: 2 }]), undefined);
    const two = [1, 1.01].map((at) => ({ at, firstByte: at + 3, release: at + 3 }));
    assert.equal(model(two), undefined);
  });
});

describe('what chance makes look like a queue', () => {
  // Each seed is one in hundreds or a thousand, and would be taken for a queue without the rule that it is here for.
  it('is none where everything stood still and went on by chance in an orderly way', () => {
    for (const seed of [49, 181, 940]) {
      const r = random(seed);
      const observed = independently(r, 10, 0, 6).map((at) => {
        const firstByte = at > 2 && at < 4 ? 4 + 0.002 * fraction(r) : at + 0.01 * fraction(r);
        return { at, firstByte, release: firstByte + 0.0001 };
      });
      assert.equal(model(observed), undefined, `seed ${seed}`);
    }
  });

  it('is none where four requests happen to end in the order in which they came', () => {
    for (const seed of [157, 211, 218, 378]) {
      const r = random(seed);
      const list = [0, 1, 2, 3].map((i) => ({ at: 1 + i * 0.4 * fraction(r), takes: 0.25 + 0.5 * fraction(r) }));
      assert.equal(
        model(
          unlimited(
            list.sort((a, b) => a.at - b.at),
            r,
          ),
        ),
        undefined,
        `seed ${seed}`,
      );
    }
  });

  it('is none where one core works on equal requests at once, so that they end in order', () => {
    for (const seed of [5, 10, 18, 28, 43, 264, 481]) {
      const r = random(seed);
      const list = independently(r, 2.6, 0, 20).map((at) => ({ at, takes: 0.5 + 0.001 * fraction(r) }));
      assert.equal(model(sharing(list, 1)), undefined, `seed ${seed}`);
    }
  });
});

describe('a lock', () => {
  const quick = [0, 0.1].map((at) => ({ at, firstByte: at + 0.0005, release: at + 0.0006 }));
  const behind = (released: number): Observed[] =>
    [0.6, 0.9, 1.4, 2].map((at, i) => {
      const firstByte = released + 0.0004 + i * 0.0002;
      return { at, firstByte, release: firstByte + 0.0001 };
    });

  it('held by an incomplete request explains who was answered at once when it went', () => {
    const found = model([...quick, { at: 0.5, release: 3, incompleteUntil: 3 }, ...behind(3)], 10);
    assert.deepEqual(found?.blockers, [2]);
    assert.equal(found.slots, undefined);
    assert.equal(found.waiting.length, 4);
    assert.ok(Math.abs(found.longest.wait - 2.4e9) < 1e6);
  });

  it('goes from one incomplete request to the next', () => {
    const holders = [
      { at: 0.5, release: 2.2, incompleteUntil: 2.2 },
      { at: 0.7, release: 3, incompleteUntil: 3 },
    ];
    assert.deepEqual(model([...quick, ...holders, ...behind(3)], 10)?.blockers, [2, 3]);
  });

  it('that is still held when the capture ends is one if everything was quick before it and nothing answered after', () => {
    const waiting = [0.6, 0.9, 1.4, 2].map((at) => ({ at, release: 5 }));
    const holder = { at: 0.5, release: 5, incompleteUntil: 5 };
    const found = model([...quick, holder, ...waiting], 5);
    assert.deepEqual(found?.blockers, [2]);
    assert.equal(found.evidence, Infinity);
    assert.equal(model([holder, ...waiting], 5), undefined, 'nothing shows that answers had been quick');
    const slow = [-6, -5].map((at) => ({ at: at + 6, firstByte: at + 8, release: at + 8 }));
    const later = [{ ...holder, at: 3.5 }, ...[3.6, 3.7, 3.8].map((at) => ({ at, release: 5 }))];
    assert.equal(model([...slow, ...later], 5), undefined, 'answers had been slow before');
  });

  it('is none if somebody who came later was answered meanwhile', () => {
    const meanwhile = { at: 1, firstByte: 1.001, release: 1.0011 };
    const found = model([...quick, { at: 0.5, release: 3, incompleteUntil: 3 }, meanwhile, ...behind(3)], 10);
    assert.deepEqual(found?.blockers ?? [], []);
  });

  it('is none if those who waited take their time afterwards', () => {
    const slow = [0.6, 0.9, 1.4, 2].map((at, i) => ({ at, firstByte: 3.2 + i * 0.37, release: 3.3 + i * 0.37 }));
    const found = model([...quick, { at: 0.5, release: 3, incompleteUntil: 3 }, ...slow], 10);
    assert.deepEqual(found?.blockers ?? [], []);
  });
});

it('takes any times without harm', () => {
  const r = random(11);
  for (let run = 0; run < 300; run++) {
    const weird: Arrival[] = Array.from({ length: r.below(40) }, (_, row) => {
      const time = (): number => r.pick([0, 1e9, 2e9, NaN, Infinity, r.below(5_000_000_000), r.below(1_000_000)]);
      return {
        row,
        arrival: r.below(4_000_000_000),
        begin: time(),
        firstByte: r.pick([NaN, r.below(5_000_000_000), 2e9]),
        release: r.pick([Infinity, r.below(5_000_000_000), 2e9]),
        incompleteUntil: r.pick([NaN, NaN, NaN, r.below(5_000_000_000)]),
        kind: r.below(3),
      };
    }).sort((a, b) => a.arrival - b.arrival);
    const found = modelQueue(weird, 5e9);
    if (!found) continue;
    assert.ok(found.maxDepth >= 1 && found.waiting.length >= 3);
    assert.ok(found.depth.every(([time, depth]) => time >= 0 && depth >= 0));
  }
});

/** Clients that each send the next request when the last one is answered: `count` requests before some workers. */
function inTurn(clients: number, count: number, work: (r: Random) => number, workers: number, r: Random): Observed[] {
  const free = new Array<number>(workers).fill(0);
  const ready = Array.from({ length: clients }, () => 0.002 * fraction(r));
  return Array.from({ length: count }, () => {
    const client = ready.indexOf(Math.min(...ready));
    const worker = free.indexOf(Math.min(...free));
    const at = ready[client];
    const firstByte = Math.max(at + 0.00002, free[worker] + 0.00005) + work(r) + 0.0003 * fraction(r);
    free[worker] = firstByte + 0.0001;
    ready[client] = firstByte + 0.0005 + 0.0005 * fraction(r);
    return { at, firstByte, release: free[worker] };
  });
}

/** All jobs at once share `cores` cores equally: nobody queues, everybody is slow. */
function sharing(list: readonly Job[], cores: number): Observed[] {
  const observed: Observed[] = [];
  const left: { job: Job; work: number }[] = [];
  const coming = [...list].sort((a, b) => a.at - b.at);
  for (let now = 0; coming.length > 0 || left.length > 0; ) {
    const speed = Math.min(1, cores / left.length);
    const first = left.reduce<(typeof left)[0] | undefined>((a, b) => (!a || b.work < a.work ? b : a), undefined);
    const done = first ? now + first.work / speed : Infinity;
    const next = coming.length > 0 ? coming[0].at : Infinity;
    const then = Math.min(done, next);
    for (const each of left) each.work -= (then - now) * speed;
    now = then;
    if (done <= next && first) {
      left.splice(left.indexOf(first), 1);
      observed.push({ at: first.job.at, firstByte: now, release: now + 0.0001 });
    } else {
      const job = coming.shift()!;
      left.push({ job, work: job.takes });
    }
  }
  return observed;
}
